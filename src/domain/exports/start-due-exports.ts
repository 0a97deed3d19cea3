import { eachDefinition } from "../definitions/each-definition.ts";
import { everyTurn } from "../every-turn.ts";
import type { Ports, StoredDefinition } from "../ports.ts";
import { claimSlots } from "./claim-slots.ts";
import type { Run } from "./run.ts";
import { RUN_TIMES, type RunTimes } from "./run-times.ts";
import { requestOf, sendStalledRuns } from "./run-turns.ts";

type TickPorts = Pick<Ports, "definitions" | "runs" | "runQueue" | "clock" | "ids" | "log">;

/**
 * Claims every due slot of every schedule, and sends a run for each that leads to one.
 *
 * Ticks may overlap, come late or not at all: moving the schedule's mark is the claim, and what is due follows from
 * that mark, never from when the tick fired. A crash between claim and send is made good by a later tick, which
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
  return everyTurn(eachDefinition(ports, "exports"), (definition) =>
    startDueRuns(ports, definition, times),
  );
}

async function startDueRuns(
  ports: TickPorts,
  definition: StoredDefinition<"exports">,
  times: RunTimes,
): Promise<number> {
  const { schedule: mark, active } = await ports.runs.current(definition.id);
  let sent = await sendStalledRuns(ports, { exportId: definition.id, active }, times);
  const { schedule } = definition.body;
  // no export overlaps itself: what comes due meanwhile is claimed when the run has ended; partners hold up no schedule
  const isRunning = active.some(({ isOrder }) => isOrder !== true);
  const mustWait = isRunning && schedule?.missedRuns.policy !== "all";
  if (schedule === undefined || mustWait) {
    return sent;
  }
  for await (const run of claimSlots(ports, { definition, schedule, mark, active })) {
    await sendRun(ports, run);
    sent++;
  }
  return sent;
}

async function sendRun(ports: TickPorts, run: Run): Promise<void> {
  const { exportId, runId } = run;
  await ports.runQueue.send(requestOf(exportId, { runId, revision: 0 })); // C14
  ports.log("run-queued", { exportId, runId, dueAt: run.dueAt?.toISOString() });
}
