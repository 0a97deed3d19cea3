import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { requestRun } from "../../../src/domain/exports/request-run.ts";
import { runExport } from "../../../src/domain/exports/run-export.ts";
import { startDueExports } from "../../../src/domain/exports/start-due-exports.ts";
import type { Ports } from "../../../src/domain/ports.ts";
import { CannotGoOn, type SourceRead } from "../../../src/domain/source.ts";
import { Killed, mortal } from "../../support/kill.ts";
import { EXPORT_ID, type Exporter, exporter } from "../../support/world/exporter.ts";
import { makeWorld } from "../../support/world/world.ts";

const ROWS = 12;

/** Twelve rows, two a batch; each invocation has time for one batch. */
async function aWorld(members: object = {}): Promise<Exporter> {
  const world = exporter(await makeWorld());
  await world.define(members);
  for (let row = 0; row < ROWS; row++) {
    world.table.set(`row ${row}`, row);
  }
  return world;
}

const shortInvocation = { signal: new AbortController().signal, goOnLater: AbortSignal.abort() };

/** Handles messages until there are none; a process that dies leaves its message and its session behind. */
async function drain(world: Exporter, ports: Ports = world.ports): Promise<number> {
  let invocations = 0;
  for (let run = world.queue.shift(); run !== undefined; run = world.queue.shift()) {
    invocations++;
    await runExport(ports, run, shortInvocation).catch((error: unknown) => {
      if (!(error instanceof Killed)) {
        throw error;
      }
    });
  }
  return invocations;
}

/** The one file that there is, with its hash held against the ledger's. */
async function theFile({ ports, ledger }: Exporter): Promise<Buffer> {
  const [entry, ...others] = await ledger();
  expect(others).toEqual([]);
  const file = entry === undefined ? null : await ports.files.read(entry.path);
  const bytes = file === null ? Buffer.of() : await buffer(file.content);
  expect(entry).toMatchObject({
    ...{ sequence: 1, records: ROWS, bytes: bytes.length, mode: "full" },
    sha256: createHash("sha256").update(bytes).digest("hex"),
  });
  return bytes;
}

const ALL = Array.from({ length: ROWS }, (_, row) => ({ id: `row ${row}`, value: row }));

const FORMATS: Record<
  string,
  { members: object; read: (bytes: Buffer) => unknown; rows: unknown }
> = {
  "jsonl, gzip": {
    members: { compression: "gzip" },
    read: (bytes) =>
      gunzipSync(bytes)
        .toString()
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    rows: ALL,
  },
  json: {
    members: { format: { kind: "json" } },
    read: (bytes) => JSON.parse(bytes.toString()),
    rows: ALL,
  },
  "csv, UTF-16, gzip": {
    members: { format: { kind: "csv", encoding: "utf-16le" }, compression: "gzip" },
    read: (bytes) =>
      gunzipSync(bytes)
        .toString("utf16le")
        .replace(/^\uFEFF/, "")
        .trim()
        .split("\r\n"),
    rows: ["id,value", ...ALL.map(({ id, value }) => `${id},${value}`)],
  },
  xml: {
    members: { format: { kind: "xml" } },
    read: (bytes) => [
      bytes.toString().match(/<\?xml/g)?.length,
      bytes.toString().match(/row \d+/g),
      bytes.toString().trim().split("\n").at(-1)?.startsWith("</"),
    ],
    rows: [1, ALL.map(({ id }) => id), true],
  },
};

test.each(Object.entries(FORMATS))(
  "a file of %s that needs six invocations is one file, with every row and the right hash",
  async (_, { members, read, rows }) => {
    const world = await aWorld(members);
    await requestRun(world.ports, { exportId: EXPORT_ID, mode: "incremental" });

    const invocations = await drain(world);

    expect(invocations).toBeGreaterThanOrEqual(6);
    expect(read(await theFile(world))).toEqual(rows);
    expect(await world.runs()).toMatchObject([{ state: "succeeded", failure: null }]);
  },
);

test("a file whose format cannot go on is written by one invocation, although its source can", async () => {
  const world = await aWorld({ format: { kind: "parquet" }, compression: undefined });
  await requestRun(world.ports, { exportId: EXPORT_ID, mode: "incremental" });

  const invocations = await drain(world);

  expect(invocations).toBe(1);
  const bytes = await theFile(world);
  expect(bytes.subarray(0, 4).toString() + bytes.subarray(-4).toString()).toBe("PAR1PAR1");
  const [entry] = await world.ledger();
  expect(entry).toMatchObject({
    path: { name: expect.stringMatching(/[.]parquet$/) },
    contentType: "application/vnd.apache.parquet",
    contentEncoding: null,
  });
  expect(await world.runs()).toMatchObject([{ state: "succeeded", continuations: 0 }]);
});

test("an export that needs six invocations is one file also when it is killed twice on the way", async () => {
  const world = await aWorld({ compression: "gzip" });
  await requestRun(world.ports, { exportId: EXPORT_ID, mode: "incremental" });
  for (const at of [40, 25]) {
    const { ports, killer } = mortal(world.ports, at);
    await drain(world, ports);
    expect(killer.isDead).toBe(true);
    world.clock.advance(120_000);
    await startDueExports(world.ports);
  }

  await drain(world);

  const lines = gunzipSync(await theFile(world))
    .toString()
    .trim()
    .split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual(ALL);
  const [run] = await world.runs();
  // two were killed, perhaps between two attempts; none began again from the first row
  expect(run?.continuations).toBeGreaterThanOrEqual(5);
});

test("a row that changes while its export goes on is in the next file, and none is lost", async () => {
  const world = await aWorld();
  await requestRun(world.ports, { exportId: EXPORT_ID, mode: "incremental" });
  const [first] = world.queue.splice(0);
  await runExport(world.ports, first as never, shortInvocation);
  world.table.set("row 0", 100);
  world.table.set("new", 1);
  await drain(world);
  world.clock.advance(1_000);
  await requestRun(world.ports, { exportId: EXPORT_ID, mode: "incremental" });
  await drain(world);

  const [, second] = await world.ledger();
  const rows = (await world.content(second as never)).trim().split("\n");
  expect(rows.map((row) => JSON.parse(row))).toEqual([
    { id: "row 0", value: 100 },
    { id: "new", value: 1 },
  ]);
});

test("an export whose definition changes on the way begins anew", async () => {
  const world = await aWorld();
  await requestRun(world.ports, { exportId: EXPORT_ID, mode: "incremental" });
  const [first] = world.queue.splice(0);
  await runExport(world.ports, first as never, shortInvocation);
  await world.define({
    entities: [
      {
        name: "Things",
        source: { kind: "postgres", connection: "db", table: "public.things" },
        columns: ["id"],
      },
    ],
  });

  await drain(world);

  const [entry] = await world.ledger();
  const rows = (await world.content(entry as never)).trim().split("\n");
  expect(rows).toEqual(ALL.map(({ id }) => JSON.stringify({ id })));
});

test("an export that cannot save its place ends with the reason when its time is over, and is not tried again", async () => {
  const world = await aWorld();
  const over = new AbortController();
  const ports: Ports = {
    ...world.ports,
    openSource: () => ({
      read: async (request) => {
        const { place: _, ...read } = await world.table.source().read(request);
        return {
          ...read,
          batches: (async function* () {
            for await (const batch of read.batches) {
              yield batch;
              over.abort();
              request.signal.throwIfAborted();
            }
          })(),
        };
      },
    }),
  };
  await requestRun(world.ports, { exportId: EXPORT_ID, mode: "incremental" });
  const [first] = world.queue.splice(0);

  await runExport(ports, first as never, { signal: over.signal, goOnLater: AbortSignal.abort() });

  expect(await world.runs()).toMatchObject([
    { state: "failed", attempts: 1, failure: { code: "run-too-long" } },
  ]);
  expect(world.queue).toEqual([]);
});

/** A source whose reads are changed, each from the first row on. */
function changed(
  world: Exporter,
  change: (read: SourceRead, place: string | null) => SourceRead,
): Ports {
  return {
    ...world.ports,
    openSource: () => ({
      read: async (request) =>
        change(await world.table.source().read({ ...request, place: null }), request.place ?? null),
    }),
  };
}

test("an export whose source comes to the same places again and again fails, and is not read without end", async () => {
  const world = await aWorld();
  let reads = 0;
  const ports = changed(world, (read) => {
    reads++;
    // three places, one after the other
    const place = String(reads % 3);
    return { ...read, place: () => place };
  });
  await requestRun(world.ports, { exportId: EXPORT_ID, mode: "incremental" });

  await drain(world, ports);

  expect(await world.runs()).toMatchObject([
    {
      state: "failed",
      failure: {
        code: "source-invalid",
        message: expect.stringContaining("has come to a place where it was before"),
      },
    },
  ]);
  expect(reads).toBeLessThan(12);
  expect(await world.ledger()).toEqual([]);
});

test("an export that can never go on begins anew a few times, and then fails with the reason", async () => {
  const world = await aWorld();
  const ports = changed(world, (read, place) => {
    if (place !== null) {
      throw new CannotGoOn('Cannot go on with "https://api/items": the address may have expired');
    }
    return read;
  });
  await requestRun(world.ports, { exportId: EXPORT_ID, mode: "incremental" });

  const invocations = await drain(world, ports);

  expect(invocations).toBe(8);
  expect(await world.runs()).toMatchObject([
    {
      state: "failed",
      failure: { code: "run-too-long", message: expect.stringContaining("may have expired") },
    },
  ]);
  expect(world.logged.filter(({ event }) => event === "run-started-anew")).toHaveLength(3);
});

test("a place that a run's row cannot hold is not saved, and the export goes on", async () => {
  const world = await aWorld();
  const ports = changed(world, (read) => ({ ...read, place: () => "x".repeat(500_000) }));
  await requestRun(world.ports, { exportId: EXPORT_ID, mode: "incremental" });

  expect(await drain(world, ports)).toBe(1);

  expect(await world.runs()).toMatchObject([{ state: "succeeded", checkpoint: null }]);
  expect(world.logged.map(({ event }) => event)).toContain("place-too-large");
});
