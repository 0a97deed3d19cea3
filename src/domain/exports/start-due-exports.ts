import { everyTurn } from "../every-turn.ts";
import type { Ports, StoredDefinition } from "../ports.ts";
import type { Run, Slot } from "./run.ts";
import { RUN_TIMES, type RunTimes } from "./run-times.ts";
import { requestOf, sendStalledRuns } from "./run-turns.ts";
import { type PlannedSlot, planSlots } from "./schedule.ts";

type TickPorts = Pick<Ports, "definitions" | "runs" | "runQueue" | "clock" | "ids" | "log">;

/**
 * Claims every due slot of every schedule, and sends a run for each that leads to one.
 *
 * Ticks may overlap, come late or not at all: a slot's insert is its claim, and what is due follows from the last
 * claimed slot, never from when the tick fired. A crash between claim and send is made good by a later tick, which
 * sends again what was queued and never begun, what was put off and is due, and what a worker that died has left behind.
 *
 * One export that fails holds up no other.
 *
 * @returns how many runs were sent
 * @throws the first failure, after every export had its turn
 */
export async function startDueExports(
  ports: TickPorts,
  times: RunTimes = RUN_TIMES,
): Promise<number> {
  return everyTurn(ports.definitions.all("exports"), (definition) =>
    startDueRuns(ports, definition, times),
  );
}

async function startDueRuns(
  ports: TickPorts,
  definition: StoredDefinition<"exports">,
  times: RunTimes,
): Promise<number> {
  const now = ports.clock.now();
  const { lastClaimedAt, active } = await ports.runs.current(definition.id);
  let sent = await sendStalledRuns(ports, { exportId: definition.id, active }, times);
  const { schedule } = definition.body;
  // no export overlaps itself: what comes due meanwhile is claimed when the run has ended; partners hold up no schedule
  const isRunning = active.some(({ isOrder }) => isOrder !== true);
  const mustWait = isRunning && schedule?.missedRuns.policy !== "all";
  if (schedule === undefined || mustWait) {
    return sent;
  }
  const after = lastClaimedAt ?? definition.scheduleSince;
  const lastClaimed = after > definition.scheduleSince ? after : definition.scheduleSince;
  for (const planned of planSlots(schedule, { lastClaimed, now })) {
    const claimed = await claimSlot(ports, definition, planned);
    if (claimed === null) {
      // another tick is at it, perhaps with a plan of its own: leave the rest to it
      break;
    }
    if (claimed.run !== null) {
      await sendRun(ports, claimed.run);
      sent++;
    }
  }
  return sent;
}

/** @returns null when the slot was claimed before */
async function claimSlot(
  ports: TickPorts,
  definition: StoredDefinition<"exports">,
  planned: PlannedSlot,
): Promise<{ run: Run | null } | null> {
  const now = ports.clock.now();
  const exportId = definition.id;
  const leadsToRun = planned.outcome === "run" || planned.outcome === "late";
  const run = leadsToRun
    ? queuedRun({
        exportId,
        runId: ports.ids.timeOrderedGuid(now),
        fileType: definition.body.fileType,
        incarnation: definition.incarnation,
        trigger: "schedule",
        dueAt: planned.dueAt,
        queuedAt: now,
        mode: "incremental",
      })
    : null;
  const slot: Slot = {
    exportId,
    dueAt: planned.dueAt,
    throughAt: planned.throughAt,
    count: planned.count,
    outcome: planned.outcome === "run" ? "ran" : planned.outcome,
    reason: planned.reason,
    runId: run?.runId ?? null,
    claimedAt: now,
    claimId: ports.ids.guid(),
  };
  return (await ports.runs.claim(slot, run)) ? { run } : null;
}

async function sendRun(ports: TickPorts, run: Run): Promise<void> {
  const { exportId, runId } = run;
  await ports.runQueue.send(requestOf(exportId, { runId, revision: 0 }));
  ports.log("run-queued", { exportId, runId, dueAt: run.dueAt?.toISOString() });
}

/** A run that waits for its turn. */
export function queuedRun(
  facts: Pick<
    Run,
    "exportId" | "runId" | "fileType" | "trigger" | "dueAt" | "queuedAt" | "mode" | "incarnation"
  >,
): Run {
  return {
    ...facts,
    state: "queued",
    startedAt: null,
    endedAt: null,
    attempts: 0,
    postponements: 0,
    nextAttemptAt: null,
    written: [],
    result: null,
    failure: null,
  };
}
