import { afterAll, beforeAll, expect, test } from "vitest";
import { requestRun } from "../../src/domain/exports/request-run.ts";
import { startDueExports } from "../../src/domain/exports/start-due-exports.ts";
import type { Source } from "../../src/domain/source.ts";
import { HttpJsonDefinition } from "../../src/systems/http-json/source/definition.ts";
import { httpJsonSource } from "../../src/systems/http-json/source/http-json-source.ts";
import { EXPORT_ID, type Exporter, exporter } from "../support/world/exporter.ts";
import { makeWorld } from "../support/world/world.ts";
import { connectionsOf } from "../systems/connections-of.ts";
import { type Answer, type Api, startApi } from "../systems/http-json/source/api.ts";
import { type Database, startDatabase } from "../systems/postgres/source/database.ts";

const START = new Date("2026-03-01T10:00:30Z");
const AFTER_90_S = new Date(START.getTime() + 90_000);
const AFTER_40_S = new Date(START.getTime() + 40_000);

let api: Api;
let database: Database;

beforeAll(async () => {
  api = await startApi();
  database = await startDatabase();
  await database.admin.query(
    "create table things as select id from generate_series(1, 50000) as id; alter table things add primary key (id)",
  );
}, 60_000);

afterAll(async () => {
  await api.stop();
  await database.stop();
});

/** Ticks every ten seconds, and lets whatever is sent run. */
async function live(world: Exporter, seconds: number): Promise<void> {
  for (let passed = 0; passed < seconds; passed += 10) {
    world.clock.advance(10_000);
    await startDueExports(world.ports);
    await world.drain();
  }
}

async function begun(openSource: (world: Exporter) => Source): Promise<Exporter> {
  const change = () => ({ openSource: () => openSource(world) });
  const world: Exporter = exporter(await makeWorld({ change }));
  await world.define();
  await requestRun(world.ports, { exportId: EXPORT_ID, mode: "incremental" });
  await world.drain();
  return world;
}

/** The API's second page fails until then; what its client waits for passes on the world's clock. */
function failingApi(failure: Answer | "drop", until: Date, retry: object = {}) {
  return (world: Exporter): Source => {
    api.answer = ({ searchParams }) => {
      if (!searchParams.has("page")) {
        return {
          body: {
            value: [{ id: 1 }, { id: 2 }],
            "@odata.nextLink": `${api.origin}/v1/items?page=2`,
          },
        };
      }
      return world.clock.now() < until ? failure : { body: { value: [{ id: 3 }] } };
    };
    return httpJsonSource(
      HttpJsonDefinition.parse({
        ...{ kind: "http-json", connection: "api", path: "items", retry },
        ...{ columns: [{ name: "id", type: "integer" }], paging: { by: "odata-nextlink" } },
        incremental: { by: "none" },
      }),
      connectionsOf({
        ...{ kind: "http", baseUrl: `${api.origin}/v1`, nextLinks: [], auth: { kind: "none" } },
      }),
      { random: () => 0.5, sleep: async (milliseconds) => world.clock.advance(milliseconds) },
    );
  };
}

async function publishedOnce(world: Exporter, lines: number): Promise<void> {
  const entries = await world.ledger();
  expect(entries).toMatchObject([{ sequence: 1, records: lines }]);
  const content = entries[0] === undefined ? "" : await world.content(entries[0]);
  expect(new Set(content.trim().split("\n")).size).toBe(lines);
}

const putOffs = (world: Exporter) => world.logged.filter(({ event }) => event === "run-put-off");

test.each([
  ["answers 503", { status: 503 }, "status 503"],
  ["stands behind a gateway that answers 521", { status: 521 }, "status 521"],
  ["answers 429 without saying how long", { status: 429 }, "status 429"],
  ["cuts the connection", "drop", "UND_ERR_SOCKET"],
] as const)(
  "an API that %s for 90 s in the middle of a run ends with one ledger entry and its story",
  async (_, failure, because) => {
    const world = await begun(failingApi(failure, AFTER_90_S));

    const [waiting] = await world.runs();
    expect(waiting).toMatchObject({
      ...{ state: "queued", attempts: 1, postponements: 1, startedAt: START, endedAt: null },
      failure: { code: "source-unavailable", message: expect.stringContaining(because) },
    });
    expect(waiting?.nextAttemptAt?.getTime()).toBeGreaterThan(world.clock.now().getTime());
    await live(world, 300);

    await publishedOnce(world, 3);
    const [run] = await world.runs();
    expect(run).toMatchObject({ state: "succeeded", startedAt: START, failure: null });
    expect(run?.attempts).toBeGreaterThan(1);
    expect(putOffs(world).map(({ facts }) => facts.attempts)).toEqual(
      Array.from({ length: (run?.attempts ?? 0) - 1 }, (_each, index) => index + 1),
    );
    expect(run?.postponements).toBe((run?.attempts ?? 0) - 1);
  },
);

const BUSY = { status: 429, headers: { "Retry-After": "40" } };

test("an API that answers 429 with Retry-After: 40 is waited for in the run, and asked once more", async () => {
  const before = api.asked.length;
  const world = await begun(failingApi(BUSY, AFTER_40_S));

  await publishedOnce(world, 3);
  expect(await world.runs()).toMatchObject([
    { state: "succeeded", attempts: 1, postponements: 0, failure: null, startedAt: START },
  ]);
  expect(world.clock.now()).toEqual(AFTER_40_S);
  expect(api.asked.slice(before)).toHaveLength(3);
});

test("where waiting 40 s is longer than the source may take, the run is put off for as long as was asked", async () => {
  const world = await begun(failingApi(BUSY, AFTER_40_S, { maxDelayMs: 10_000 }));

  expect(await world.runs()).toMatchObject([
    {
      ...{ state: "queued", attempts: 1, nextAttemptAt: AFTER_40_S, startedAt: START },
      failure: { code: "source-unavailable", message: expect.stringContaining("it asks for 40 s") },
    },
  ]);
  await live(world, 60);

  await publishedOnce(world, 3);
  expect(await world.runs()).toMatchObject([
    { state: "succeeded", attempts: 2, postponements: 1, failure: null, startedAt: START },
  ]);
  expect(putOffs(world)).toMatchObject([{ facts: { until: AFTER_40_S.toISOString() } }]);
});

/** Ends every session at the database but the test's own, as a failover does, behind the first rows of each read. */
function failingDatabase(until: Date) {
  return (world: Exporter): Source => ({
    read: async (request) => {
      const read = await database.source({ table: "public.things" }).read(request);
      return {
        ...read,
        batches: (async function* () {
          for await (const batch of read.batches) {
            yield batch;
            if (world.clock.now() < until) {
              await database.admin.query(
                "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
              );
            }
          }
        })(),
      };
    },
  });
}

test("a database that fails over for 90 s in the middle of a run ends with one ledger entry and its story", async () => {
  const world = await begun(failingDatabase(AFTER_90_S));

  expect(await world.runs()).toMatchObject([
    {
      ...{ state: "queued", attempts: 1, postponements: 1, startedAt: START },
      failure: { code: "source-unavailable" },
    },
  ]);
  await live(world, 300);

  await publishedOnce(world, 50_000);
  const [run] = await world.runs();
  expect(run).toMatchObject({ state: "succeeded", startedAt: START, failure: null });
  expect(run?.postponements).toBe((run?.attempts ?? 0) - 1);
  expect(putOffs(world)).toHaveLength(run?.postponements ?? 0);
});
