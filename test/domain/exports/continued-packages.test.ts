import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import { requestRun } from "../../../src/domain/exports/request-run.ts";
import { runExport } from "../../../src/domain/exports/run-export.ts";
import type { Invocation } from "../../../src/domain/exports/run-times.ts";
import { startDueExports } from "../../../src/domain/exports/start-due-exports.ts";
import type { Ports } from "../../../src/domain/ports.ts";
import type { Source } from "../../../src/domain/source.ts";
import { type FakeTable, fakeTable } from "../../support/fake-source.ts";
import { Killed, mortal } from "../../support/kill.ts";
import { EXPORT_ID, type Exporter, exporter } from "../../support/world/exporter.ts";
import { makeWorld } from "../../support/world/world.ts";
import { entriesOf } from "../../support/zip.ts";

const ROWS = 12;
const CSV = Array.from({ length: ROWS }, (_, row) => `row ${row},${row}\r\n`).join("");
const IDS = Array.from({ length: ROWS }, (_, row) => `row ${row}\r\n`).join("");

const entity = (name: string, table: string, members: object = {}) => ({
  name,
  source: { kind: "postgres", connection: "db", table: `public.${table}` },
  ...members,
});

const ENTITIES = [
  entity("First", "things"),
  entity("Placeless", "placeless"),
  entity("Empty", "things", { filter: "value gt 1000" }),
  entity("Last", "things", { columns: ["id"] }),
];
const FILES = {
  "First.csv": `id,value\r\n${CSV}`,
  "Placeless.csv": `id,value\r\n${CSV}`,
  "Empty.csv": "id,value\r\n",
  "Last.csv": `id\r\n${IDS}`,
};

/** A source that can never go on. */
function placeless(source: Source): Source {
  return {
    read: async (request) => {
      expect(request.place ?? null).toBeNull();
      const { place: _, ...read } = await source.read(request);
      return read;
    },
  };
}

function isPlaceless(definition: object): boolean {
  return "table" in definition && definition.table === "public.placeless";
}

/** Twelve rows, two a batch; each invocation has time for one batch, or one entity that cannot be stopped at. */
async function aWorld(members: object = {}): Promise<Exporter> {
  const table: FakeTable = fakeTable();
  const change = () => ({
    openSource: (definition: object) =>
      isPlaceless(definition) ? placeless(table.source()) : table.source(),
  });
  const world = exporter(await makeWorld({ change }));
  await world.define({
    entities: ENTITIES,
    format: { kind: "package", definitionGroup: "Things", file: { kind: "csv" } },
    compression: undefined,
    ...members,
  });
  for (let row = 0; row < ROWS; row++) {
    table.set(`row ${row}`, row);
  }
  return world;
}

const SHORT: Invocation = {
  signal: new AbortController().signal,
  goOnLater: AbortSignal.abort(),
};

async function drain(world: Exporter, ports: Ports = world.ports): Promise<number> {
  let invocations = 0;
  for (let run = world.queue.shift(); run !== undefined; run = world.queue.shift()) {
    invocations++;
    await runExport(ports, run, SHORT).catch((error: unknown) => {
      if (!(error instanceof Killed)) {
        throw error;
      }
    });
  }
  return invocations;
}

async function filesOf(archive: Buffer): Promise<Record<string, string>> {
  const {
    "Manifest.xml": manifest,
    "PackageHeader.xml": _,
    ...files
  } = Object.fromEntries(await entriesOf(archive));
  expect(manifest?.match(/<EntityName>[^<]+/g)).toEqual(
    ENTITIES.map(({ name }) => `<EntityName>${name}`),
  );
  expect(manifest?.match(/<XMLField>/g)).toHaveLength(7);
  return files;
}

/** The one package that there is, with its hash held against the ledger's. */
async function thePackage({ ports, ledger }: Exporter): Promise<Record<string, string>> {
  const [entry, ...others] = await ledger();
  expect(others).toEqual([]);
  const file = entry === undefined ? null : await ports.files.read(entry.path);
  const bytes = file === null ? Buffer.of() : await buffer(file.content);
  expect(entry).toMatchObject({
    ...{ sequence: 1, records: 3 * ROWS, bytes: bytes.length, mode: "full" },
    sha256: createHash("sha256").update(bytes).digest("hex"),
  });
  return filesOf(bytes);
}

test("a data package that needs many invocations is one package, with every row and the right hash", async () => {
  const world = await aWorld();
  await requestRun(world.ports, { exportId: EXPORT_ID, mode: "incremental" });

  const invocations = await drain(world);

  expect(invocations).toBeGreaterThanOrEqual(3 * 6 + 1);
  expect(await thePackage(world)).toEqual(FILES);
  expect(await world.runs()).toMatchObject([{ state: "succeeded", failure: null }]);
  // every entity's cursor has moved
  world.clock.advance(1_000);
  await requestRun(world.ports, { exportId: EXPORT_ID, mode: "incremental" });
  await drain(world);
  expect(await world.runs()).toMatchObject([
    { state: "succeeded", result: { totalRecordsExported: 0, mode: "incremental" } },
    {},
  ]);
});

test.each([
  [30, 40],
  [90, 60],
  [150, 20],
])("a data package that is killed at points %i and %i is the same package", async (...points) => {
  const world = await aWorld();
  await requestRun(world.ports, { exportId: EXPORT_ID, mode: "incremental" });
  for (const at of points) {
    const { ports, killer } = mortal(world.ports, at);
    await drain(world, ports);
    expect(killer.isDead).toBe(true);
    world.clock.advance(120_000);
    await startDueExports(world.ports);
  }

  await drain(world);

  expect(await thePackage(world)).toEqual(FILES);
  const [run] = await world.runs();
  // two were killed; none began again from the first row
  expect(run?.continuations).toBeGreaterThanOrEqual(3 * 6 - 1);
});

test("an attempt that goes on inside of an entity begins the next ones at their beginning", async () => {
  const world = await aWorld();
  await requestRun(world.ports, { exportId: EXPORT_ID, mode: "incremental" });
  const [first] = world.queue.splice(0);
  await runExport(world.ports, first as never, SHORT);

  await world.drain();

  expect(await world.runs()).toMatchObject([{ state: "succeeded", attempts: 2 }]);
  expect(await thePackage(world)).toEqual(FILES);
});

test("an entity that cannot be stopped at has the time of an invocation for itself", async () => {
  const world = await aWorld({ entities: ENTITIES.slice(0, 2) });
  const over = new AbortController();
  const ports: Ports = {
    ...world.ports,
    openSource: (definition) => ({
      read: async (request) => {
        const read = await world.ports.openSource(definition).read(request);
        return isPlaceless(definition)
          ? {
              ...read,
              batches: (async function* () {
                over.abort();
                request.signal.throwIfAborted();
                yield* read.batches;
              })(),
            }
          : read;
      },
    }),
  };
  await requestRun(world.ports, { exportId: EXPORT_ID, mode: "incremental" });
  const [first] = world.queue.splice(0);
  const times = { heartbeatMs: 1_000_000, silentAfterMs: 60_000, saveEveryMs: 0 };

  // the first entity ends, and is saved; in the middle of the second one the time is over
  await runExport(ports, first as never, { signal: over.signal, times });
  const [interrupted] = await world.runs();
  await drain(world);

  expect(interrupted).toMatchObject({
    ...{ state: "queued", attempts: 1, continuations: 1 },
    checkpoint: { ended: [{ name: "First", records: ROWS }], entity: null },
  });
  expect(await world.runs()).toMatchObject([{ state: "succeeded", attempts: 2 }]);
});
