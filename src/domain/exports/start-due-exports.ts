import { eachDefinition } from "../definitions/each-definition.ts";
import { everyTurn } from "../every-turn.ts";
import type { Ports, StoredDefinition } from "../ports.ts";
import { claimSlots } from "./claim-slots.ts";
import type { Run } from "./run.ts";
import { RUN_TIMES, type RunTimes } from "./run-times.ts";
import { requestOf, sendStalledRuns } from "./run-turns.ts";

type TickPorts = Pick<Ports, "definitions" | "runs" | "runQueue" | "clock" | "ids" | "log">;

/**
 * Claims every due slot of every schedule, and sends a run for each slot that leads to one.
 *
 * Ticks may overlap, come late or not at all. Moving the schedule's mark is the claim, and due slots follow from that
 * mark, never from the time of the tick. A later tick makes up for a crash between claim and send. It sends runs again
 * that were queued and never begun, that were put off and are due, and that a dead worker has left.
 *
 * A failed export does not stop the others.
 *
 * @returns how many runs were sent
 * @throws the first failure, after an attempt on every export
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
  // no export overlaps itself: slots that are due meanwhile are claimed after the end of the run; partners' orders do
  // not delay a schedule
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
