import { expect, test } from "vitest";
import type { ActiveRun } from "../../../src/domain/exports/run.ts";
import { nextRunId, runIdTime } from "../../../src/domain/exports/run-id.ts";
import { randomIds } from "../../../src/stores/random-ids.ts";

const NOW = new Date("2026-03-01T10:00:00Z");

function activeAt(instant: string): ActiveRun {
  const at = new Date(instant);
  return {
    runId: randomIds.timeOrderedGuid(at),
    state: "queued",
    touchedAt: at,
    attempts: 0,
    dueAt: null,
    resends: 0,
    revision: 0,
  };
}

test("a run's id has the time at which it was asked for", () => {
  const id = nextRunId({ ids: randomIds }, [activeAt("2026-03-01T09:59:00Z")], NOW);

  expect(runIdTime(id)).toBe(NOW.getTime());
});

test("a clock that was set back gives no run an id before that of one that has not ended", () => {
  const active = [activeAt("2026-03-01T11:00:00Z"), activeAt("2026-03-01T10:59:00Z")];

  const id = nextRunId({ ids: randomIds }, active, NOW);

  expect(active.every(({ runId }) => runId < id)).toBe(true);
});
