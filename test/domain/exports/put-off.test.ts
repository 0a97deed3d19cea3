import { expect, test } from "vitest";
import { unreadable } from "../../../src/domain/definitions/unreadable.ts";
import { AppError } from "../../../src/domain/errors.ts";
import { putOff } from "../../../src/domain/exports/put-off.ts";
import type { Run } from "../../../src/domain/exports/run.ts";
import { tableRuns } from "../../../src/stores/table-runs.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { memoryTable } from "../../support/memory-table.ts";
import { emptyTable } from "../../support/memory-table-rows.ts";
import { aRun } from "../../support/stored-things.ts";

const NOW = new Date("2026-03-01T10:00:00Z");
const IN_FIVE_SECONDS = new Date("2026-03-01T10:00:05Z");

const AWAY = new AppError("source-unavailable", 'Cannot read table "things": connection refused');
const UNREADABLE = unreadable("exports", {
  ...{ id: "things", body: {}, unreadable: "ofANewerVersion is not known here", etag: "1" },
  ...{ updatedAt: NOW, updatedBy: null, version: 1, scheduleSince: NOW, incarnation: "first" },
});

/** @returns the run, put off so many times before and now once more, and what has ended it if something has */
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
