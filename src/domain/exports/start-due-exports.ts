import { eachDefinition } from "../definitions/each-definition.ts";
import { everyTurn } from "../every-turn.ts";
import type { Ports, StoredDefinition } from "../ports.ts";
import { claimSlots } from "./claim-slots.ts";
import type { ActiveRun, Run } from "./run.ts";

/** A queued run that nobody began by then was perhaps never sent: sending it again is harmless. */
const QUEUED_STALLS_AFTER_MS = 60_000;
/** Longer than any lock on a run: by then the queue has handed it out again, or has given up. */
const RUNNING_STALLS_AFTER_MS = 20 * 60_000;

type TickPorts = Pick<Ports, "definitions" | "runs" | "runQueue" | "clock" | "ids" | "log">;

/**
 * Claims every due slot of every schedule, and sends a run for each that leads to one.
 *
 * Ticks may overlap, come late or not at all: moving the schedule's mark is the claim, and what is due follows from
 * that mark, never from when the tick fired. A crash between claim and send is made good by a later tick, which
 * sends again what was queued and never begun.
 *
 * One export that fails holds up no other.
 *
 * @returns how many runs were sent
 * @throws the first failure, after every export had its turn
 */
export async function startDueExports(ports: TickPorts): Promise<number> {
  return everyTurn(eachDefinition(ports, "exports"), (definition) =>
    startDueRuns(ports, definition),
  );
}

async function startDueRuns(
  ports: TickPorts,
  definition: StoredDefinition<"exports">,
): Promise<number> {
  const now = ports.clock.now();
  const { schedule: mark, active } = await ports.runs.current(definition.id);
  let sent = 0;
  for (const run of active.filter((candidate) => hasStalled(candidate, now))) {
    await ports.runQueue.send({ kind: "export", exportId: definition.id, runId: run.runId });
    ports.log("run-sent-again", { exportId: definition.id, runId: run.runId });
    sent++;
  }
  const { schedule } = definition.body;
  // no export overlaps itself: what comes due meanwhile is claimed when the run has ended; partners hold up no schedule
  const isRunning = active.some(({ isOrder }) => isOrder !== true);
  const mustWait = isRunning && schedule?.missedRuns.policy !== "all";
  if (schedule === undefined || mustWait) {
    return sent;
  }
  for await (const run of claimSlots(ports, { definition, schedule, mark })) {
    await sendRun(ports, run);
    sent++;
  }
  return sent;
}

function hasStalled(run: ActiveRun, now: Date): boolean {
  const afterMs = run.state === "queued" ? QUEUED_STALLS_AFTER_MS : RUNNING_STALLS_AFTER_MS;
  return now.getTime() - run.touchedAt.getTime() > afterMs;
}

async function sendRun(ports: TickPorts, run: Run): Promise<void> {
  const { exportId, runId } = run;
  await ports.runQueue.send({ kind: "export", exportId, runId });
  ports.log("run-queued", { exportId, runId, dueAt: run.dueAt?.toISOString() });
}
