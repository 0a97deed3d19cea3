import { expect, test } from "vitest";
import { unreadable } from "../../../src/domain/definitions/unreadable.ts";
import { AppError } from "../../../src/domain/errors.ts";
import { putOff } from "../../../src/domain/exports/put-off.ts";
import { requestRun } from "../../../src/domain/exports/request-run.ts";
import type { Run } from "../../../src/domain/exports/run.ts";
import { startDueExports } from "../../../src/domain/exports/start-due-exports.ts";
import type { Source } from "../../../src/domain/source.ts";
import { tableRuns } from "../../../src/stores/table-runs.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { memoryTable } from "../../support/memory-table.ts";
import { emptyTable } from "../../support/memory-table-rows.ts";
import { aRun } from "../../support/stored-things.ts";
import { EXPORT_ID, type Exporter, exporter } from "../../support/world/exporter.ts";
import { makeWorld } from "../../support/world/world.ts";

const NOW = new Date("2026-03-01T10:00:00Z");
const IN_FIVE_SECONDS = new Date("2026-03-01T10:00:05Z");

const AWAY = new AppError("source-unavailable", 'Cannot read table "things": connection refused');
const UNREADABLE = unreadable("exports", {
  ...{ id: "things", body: {}, unreadable: "ofANewerVersion is not known here", etag: "1" },
  ...{ updatedAt: NOW, updatedBy: null, version: 1, scheduleSince: NOW, incarnation: "first" },
});

/** @returns a run after one more postponement, and the failure if that has ended it */
async function putOffAgain(postponements: number, error: unknown) {
  const runs = tableRuns(memoryTable(emptyTable()));
  const run: Run = aRun({ attempts: postponements, postponements });
  await runs.request(run);
  const ports = { runs, clock: manualClock(NOW.toISOString()), log: () => undefined };
  const failure = await putOff(ports, run, { error, schedule: undefined });
  return { failure, run: await runs.find(run.exportId, run.runId) };
}

test("a source that is away is asked later and later, and at last no more", async () => {
  expect(await putOffAgain(2, AWAY)).toMatchObject({
    failure: null,
    run: { postponements: 3, nextAttemptAt: new Date("2026-03-01T10:02:00Z") },
  });
  expect(await putOffAgain(10, AWAY)).toMatchObject({ failure: { code: "source-unavailable" } });
});

test("a run whose definition cannot be used waits for the tick that can use it, however often it was put off", async () => {
  for (const postponements of [0, 2, 9, 10]) {
    expect(await putOffAgain(postponements, UNREADABLE)).toMatchObject({
      failure: null,
      run: {
        ...{ state: "queued", postponements, nextAttemptAt: IN_FIVE_SECONDS },
        failure: { code: "definition-unreadable" },
      },
    });
  }
});

const CUT_SHORT = new AppError(
  "source-unavailable",
  'Cannot read table "things": connection refused',
);

/** An export whose source fails in the middle of a read, as long as `failure` says so. */
async function aWorld(members: object, failure: (now: Date) => Error | null) {
  const change = () => ({
    openSource: (): Source => ({
      read: async (request) => {
        const read = await world.table.source().read(request);
        return {
          ...read,
          batches: (async function* () {
            for await (const batch of read.batches) {
              yield batch;
              const error = failure(world.clock.now());
              if (error !== null) {
                throw error;
              }
            }
          })(),
        };
      },
    }),
  });
  const world: Exporter = exporter(await makeWorld({ change }));
  await world.define(members);
  for (const id of ["a", "b", "c"]) {
    world.table.set(id, 1);
  }
  return world;
}

/** Ticks every ten seconds, and lets whatever is sent run. */
async function live(world: Exporter, seconds: number): Promise<void> {
  for (let passed = 0; passed < seconds; passed += 10) {
    world.clock.advance(10_000);
    await startDueExports(world.ports);
    await world.drain();
  }
}

function until(instant: string, error: Error = CUT_SHORT): (now: Date) => Error | null {
  return (now) => (now < new Date(instant) ? error : null);
}

test("a source that is away for 90 seconds in the middle of a run costs attempts, and nothing else", async () => {
  const world = await aWorld({}, until("2026-03-01T10:02:00Z"));
  await requestRun(world.ports, { exportId: EXPORT_ID, mode: "incremental" });
  await world.drain();

  expect(await world.runs()).toMatchObject([
    {
      ...{ state: "queued", attempts: 1, postponements: 1, endedAt: null },
      startedAt: new Date("2026-03-01T10:00:30Z"),
      nextAttemptAt: new Date("2026-03-01T10:00:35Z"),
      failure: { code: "source-unavailable", message: CUT_SHORT.message },
    },
  ]);
  await live(world, 300);

  expect(await world.ledger()).toMatchObject([{ sequence: 1, records: 3 }]);
  expect(await world.runs()).toMatchObject([
    { state: "succeeded", attempts: 4, postponements: 3, nextAttemptAt: null, failure: null },
  ]);
  const putOff = world.logged.filter(({ event }) => event === "run-put-off");
  expect(putOff.map(({ facts }) => facts.attempts)).toEqual([1, 2, 3]);
});

test("a source that says how long to wait is not asked before", async () => {
  const asked = new AppError("source-unavailable", "Cannot read: status 429", {
    retryAfterMs: 40_000,
  });
  const world = await aWorld({}, until("2026-03-01T10:00:40Z", asked));
  await requestRun(world.ports, { exportId: EXPORT_ID, mode: "incremental" });
  await world.drain();

  expect(await world.runs()).toMatchObject([{ nextAttemptAt: new Date("2026-03-01T10:01:10Z") }]);
  await live(world, 60);

  expect(await world.ledger()).toMatchObject([{ sequence: 1, records: 3 }]);
  expect(await world.runs()).toMatchObject([{ state: "succeeded", attempts: 2 }]);
});

test("what nobody foresaw puts a run off as well, and tells no inside", async () => {
  const world = await aWorld({}, until("2026-03-01T10:01:00Z", new Error("secret inside")));
  await requestRun(world.ports, { exportId: EXPORT_ID, mode: "incremental" });
  await world.drain();

  const [run] = await world.runs();
  expect(run).toMatchObject({ state: "queued", failure: { code: "unforeseen" } });
  expect(run?.failure?.message).not.toContain("secret");
  await live(world, 120);

  expect(await world.ledger()).toMatchObject([{ sequence: 1, records: 3 }]);
});

test("a source that stays away ends the run after 16 hours, with its attempts and what the last one failed of", async () => {
  const world = await aWorld({}, () => CUT_SHORT);
  await requestRun(world.ports, { exportId: EXPORT_ID, mode: "incremental" });
  await world.drain();
  for (let hours = 0; hours < 24; hours++) {
    world.clock.advance(60 * 60_000);
    await startDueExports(world.ports);
    await world.drain();
  }

  expect(await world.runs()).toMatchObject([
    {
      ...{
        state: "failed",
        attempts: 11,
        postponements: 10,
        failure: { message: CUT_SHORT.message },
      },
      startedAt: expect.any(Date),
    },
  ]);
  expect((await world.ports.runs.current(EXPORT_ID)).active).toEqual([]);
});

test("a run is put off past no slot that reads the same: it fails, and the slot's run brings its rows", async () => {
  const schedule = { every: { minutes: 5 } };
  const world = await aWorld({ schedule }, until("2026-03-01T10:14:00Z"));
  await live(world, 16 * 60);

  const runs = await world.runs();
  expect(runs.map(({ state }) => state)).toEqual(["succeeded", "failed", "failed"]);
  expect(await world.ledger()).toMatchObject([{ sequence: 1, records: 3 }]);
});

test("a full run that somebody asked for is put off past a slot that reads changes only", async () => {
  const schedule = { every: { minutes: 1 } };
  const world = await aWorld({ schedule }, until("2026-03-01T10:04:00Z"));
  await requestRun(world.ports, { exportId: EXPORT_ID, mode: "full" });
  await world.drain();
  await live(world, 10 * 60);

  const runs = await world.runs();
  expect(runs.find(({ mode }) => mode === "full")).toMatchObject({ state: "succeeded" });
  expect((await world.ledger())[0]).toMatchObject({ records: 3, mode: "full" });
});

test("a run that waits behind one that is put off is sent when that one ends, not before", async () => {
  const world = await aWorld({}, until("2026-03-01T10:01:00Z"));
  await requestRun(world.ports, { exportId: EXPORT_ID, mode: "incremental" });
  world.clock.advance(1);
  await requestRun(world.ports, { exportId: EXPORT_ID, mode: "full" });
  await world.drain();

  expect(await world.runs()).toMatchObject([
    { mode: "full", state: "queued", attempts: 0 },
    { mode: "incremental", state: "queued", attempts: 1 },
  ]);
  await live(world, 120);

  expect(await world.ledger()).toMatchObject([
    { sequence: 1, records: 3 },
    { sequence: 2, records: 3 },
  ]);
});
