import { expect, test } from "vitest";
import type { Run } from "../../../src/domain/exports/run.ts";
import { RUN_TIMES } from "../../../src/domain/exports/run-times.ts";
import { mayBegin, requestOf, sendStalledRuns } from "../../../src/domain/exports/run-turns.ts";
import type { RunQueue } from "../../../src/domain/ports.ts";
import { randomIds } from "../../../src/stores/random-ids.ts";
import { tableRuns } from "../../../src/stores/table-runs.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { memoryTable } from "../../support/memory-table.ts";
import { emptyTable } from "../../support/memory-table-rows.ts";
import { aRun } from "../../support/stored-things.ts";

const NOW = new Date("2026-03-01T10:00:00Z");
const IN_A_DAY = new Date("2026-03-02T10:00:00Z");

function aWorld(send: RunQueue["send"] = async () => undefined) {
  const clock = manualClock(NOW.toISOString());
  const runs = tableRuns(memoryTable(emptyTable()));
  return { clock, runs, runQueue: { send }, log: () => undefined };
}

/** A run of one export, asked for by a clock that shows that time. */
function askedForAt(at: Date): Run {
  return aRun({ exportId: "things", runId: randomIds.timeOrderedGuid(at), queuedAt: at });
}

function sent(run: Run) {
  return requestOf("things", { runId: run.runId, revision: 0 });
}

test("a run that has begun keeps its turn although a clock that was set back has queued another", async () => {
  const ports = aWorld();
  const begun = askedForAt(IN_A_DAY);
  await ports.runs.request(begun);
  await ports.runs.update({ ...begun, state: "running", attempts: 1 }, { held: 0, at: NOW });
  const later = askedForAt(NOW);
  await ports.runs.request(later);

  expect(await mayBegin(ports, sent(later), RUN_TIMES)).toBe(false);
  ports.clock.advance(RUN_TIMES.silentAfterMs + 1);
  expect(await mayBegin(ports, sent(later), RUN_TIMES)).toBe(false);
  expect(await mayBegin(ports, sent(begun), RUN_TIMES)).toBe(true);
});

test("a run that a clock a day ahead has put off may begin now, and is sent", async () => {
  const ports = aWorld();
  const run = askedForAt(NOW);
  await ports.runs.request(run);
  const nextAttemptAt = new Date(IN_A_DAY.getTime() + 5_000);
  const putOff: Run = { ...run, attempts: 1, postponements: 1, nextAttemptAt };
  await ports.runs.update(putOff, { held: 0, at: IN_A_DAY });

  expect(await mayBegin(ports, sent(run), RUN_TIMES)).toBe(true);
  const { active } = await ports.runs.current("things");
  expect(await sendStalledRuns(ports, { exportId: "things", active }, RUN_TIMES)).toBe(1);
  expect(await mayBegin(ports, sent(run), RUN_TIMES)).toBe(true);
});

test("a put-off run may begin when whoever has sent it found it due, although the clock here is behind", async () => {
  const ports = aWorld();
  const run = askedForAt(NOW);
  await ports.runs.request(run);
  const nextAttemptAt = new Date(NOW.getTime() + 30_000);
  const putOff: Run = { ...run, attempts: 1, postponements: 1, nextAttemptAt };
  await ports.runs.update(putOff, { held: 0, at: NOW });
  const sentAt = (ms: number) => ({ ...sent(run), revision: NOW.getTime() + ms });

  expect(await mayBegin(ports, sent(run), RUN_TIMES)).toBe(false);
  expect(await mayBegin(ports, sentAt(29_999), RUN_TIMES)).toBe(false);
  expect(await mayBegin(ports, sentAt(30_000), RUN_TIMES)).toBe(true);
});

test("a run that nobody begins is sent after one minute, two, four, eight ...", async () => {
  const sentAfter: number[] = [];
  const ports = aWorld();
  await ports.runs.request(askedForAt(NOW));
  for (let minute = 1; minute <= 17; minute++) {
    ports.clock.advance(60_001);
    const { active } = await ports.runs.current("things");
    if ((await sendStalledRuns(ports, { exportId: "things", active }, RUN_TIMES)) === 1) {
      sentAfter.push(minute);
    }
  }

  expect(sentAfter).toEqual([1, 2, 4, 8, 16]);
});

test("a queue that is away does not make a run wait longer", async () => {
  const ports = aWorld(() => Promise.reject(new Error("the queue is away")));
  await ports.runs.request(askedForAt(NOW));
  ports.clock.advance(61_000);
  const { active } = await ports.runs.current("things");

  const sending = sendStalledRuns(ports, { exportId: "things", active }, RUN_TIMES);

  await expect(sending).rejects.toThrow("the queue is away");
  expect((await ports.runs.current("things")).active).toEqual(active);
});
