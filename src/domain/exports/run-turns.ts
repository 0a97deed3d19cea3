import { patienceMs } from "../imports/retry-policy.ts";
import type { Ports, RunRequestOf } from "../ports.ts";
import { isAhead } from "../values/age.ts";
import type { ActiveRun, Run } from "./run.ts";
import type { RunTimes } from "./run-times.ts";

/** A queued run that has not begun by then was perhaps never sent. */
const QUEUED_STALLS_AFTER_MS = 60_000;
const MAX_STALLS_AFTER_MS = 60 * 60_000;

type ExportRunRequest = RunRequestOf<"export" | "order">;

/**
 * The runs whose turn it is: the oldest one that publishes, and the oldest one that makes a package for a partner. Runs
 * of one kind share a cursor, and go one at a time, in the order of their requests. A run that has begun keeps its turn
 * until it has ended: it may have published rows although the cursor has not moved yet. After a clock was set back,
 * later runs can have ids that sort before it.
 */
function runsWhoseTurnItIs(active: readonly ActiveRun[]): readonly ActiveRun[] {
  const inOrder = [...active].sort((a, b) => (rankOf(a) < rankOf(b) ? -1 : 1));
  const first = (isOrder: boolean) =>
    inOrder.find((run) => (run.isOrder ?? false) === isOrder) ?? null;
  return [first(false), first(true)].filter((run) => run !== null);
}

function rankOf({ attempts, runId }: ActiveRun): string {
  return `${attempts > 0 ? "begun" : "waits"} ${runId}`;
}

/** Whether an active run has fallen silent. */
function hasStalled(run: ActiveRun, now: Date, times: RunTimes): boolean {
  if (isAhead(run.touchedAt, now)) {
    return true;
  }
  if (run.dueAt !== null && run.dueAt > run.touchedAt) {
    // put off, and not sent since: no message is on its way
    return run.dueAt <= now;
  }
  const firstMs = run.state === "queued" ? QUEUED_STALLS_AFTER_MS : times.silentAfterMs;
  const silentMs = now.getTime() - run.touchedAt.getTime();
  return silentMs > patienceMs(run.resends, { firstMs, mostMs: MAX_STALLS_AFTER_MS });
}

/**
 * Whether a run that the queue delivers may begin now. If not, its message can be settled. A tick sends a run that is
 * put off, or whose worker falls silent. The end of another run sends a run that waits for it.
 */
export async function mayBegin(
  ports: Pick<Ports, "runs" | "clock" | "log">,
  { exportId, runId, revision }: ExportRunRequest,
  times: RunTimes,
): Promise<boolean> {
  const { active } = await ports.runs.current(exportId);
  const own = runsWhoseTurnItIs(active).find((run) => run.runId === runId);
  const now = ports.clock.now();
  const because =
    own === undefined
      ? "it waits for another, or has ended"
      : own.state === "running" && !isSilent(own, now, times)
        ? "a worker is at it"
        : isPutOff(own, now, revision)
          ? "it is put off"
          : null;
  if (because !== null) {
    ports.log("run-left-alone", { exportId, runId, because });
  }
  return because === null;
}

/**
 * Whether a run is put off. A time that a wrong clock noted is not trusted: it would keep the run back until then. The
 * sender of a repeated run found it due. That its clock was ahead of this one is not a reason to ignore the message,
 * since no other comes.
 */
function isPutOff({ dueAt, touchedAt }: ActiveRun, now: Date, sentAtMs: number): boolean {
  return (
    dueAt !== null &&
    dueAt.getTime() > Math.max(now.getTime(), sentAtMs) &&
    !isAhead(touchedAt, now)
  );
}

function isSilent(run: ActiveRun, now: Date, times: RunTimes): boolean {
  const silentMs = now.getTime() - run.touchedAt.getTime();
  return silentMs > times.silentAfterMs || isAhead(run.touchedAt, now);
}

/**
 * Sends runs again: those that were put off and are due, those that were perhaps never sent, and those of dead workers.
 *
 * @returns how many were sent
 */
export async function sendStalledRuns(
  ports: SendPorts,
  { exportId, active }: { exportId: string; active: readonly ActiveRun[] },
  times: RunTimes,
): Promise<number> {
  let sent = 0;
  for (const run of runsWhoseTurnItIs(active)) {
    if (hasStalled(run, ports.clock.now(), times) && (await sendAgain(ports, exportId, run))) {
      sent++;
    }
  }
  return sent;
}

type SendPorts = Pick<Ports, "runs" | "runQueue" | "clock" | "log">;

/**
 * Sends a run again, unless an attempt has it after all. It is sent first and noted then, so that an unavailable queue
 * does not make the run wait longer: the next tick tries again. Sending it twice is harmless.
 *
 * @returns whether it was sent
 */
async function sendAgain(ports: SendPorts, exportId: string, run: ActiveRun): Promise<boolean> {
  const now = ports.clock.now();
  // named by the time: a failed send of the same revision would make this one a duplicate
  await ports.runQueue.send(requestOf(exportId, { ...run, revision: now.getTime() }));
  if ((await ports.runs.resend(exportId, run, now)) === null) {
    return false;
  }
  ports.log("run-sent-again", { exportId, runId: run.runId });
  return true;
}

/** Sends a run that its attempt has given back, to be continued at once. */
export async function sendOwnRun(
  ports: SendPorts,
  { exportId, runId }: Pick<Run, "exportId" | "runId">,
): Promise<void> {
  const { active } = await ports.runs.current(exportId);
  const own = active.find((run) => run.runId === runId);
  if (own !== undefined && own.state === "queued") {
    await ports.runQueue.send(requestOf(exportId, own));
  }
}

/** Sends the run that has waited for the ended one; its own message may be used up. */
export async function sendNextRun(ports: SendPorts, ended: Run): Promise<void> {
  const { active } = await ports.runs.current(ended.exportId);
  const isOrder = ended.package !== undefined;
  const next = runsWhoseTurnItIs(active).find((run) => (run.isOrder ?? false) === isOrder);
  const waits = next?.state === "queued" && next.dueAt === null && next.runId !== ended.runId;
  if (next !== undefined && waits) {
    await sendAgain(ports, ended.exportId, next);
  }
}

/** Sends a run that was just recorded, without waiting for a failing queue: a tick sends it. */
export async function sendRunNowOrLater(
  ports: Pick<Ports, "runQueue" | "log">,
  run: Pick<Run, "exportId" | "runId" | "package">,
): Promise<void> {
  const { exportId, runId } = run;
  const isOrder = run.package !== undefined;
  try {
    await ports.runQueue.send(requestOf(exportId, { runId, isOrder, revision: 0 }));
  } catch (error) {
    ports.log("run-not-sent", { exportId, runId, failure: String(error) });
  }
}

/** The message that asks for a run. */
export function requestOf(
  exportId: string,
  { runId, revision, isOrder = false }: Pick<ActiveRun, "runId" | "revision" | "isOrder">,
): ExportRunRequest {
  return { kind: isOrder ? "order" : "export", exportId, runId, revision };
}

/**
 * The request under the kind of its run. Earlier versions asked for an order as for a run that publishes, and such a
 * message may still wait in the queue.
 */
export async function ofItsKind(
  ports: Pick<Ports, "runs">,
  request: ExportRunRequest,
): Promise<ExportRunRequest> {
  if (request.kind === "order") {
    return request;
  }
  const run = await ports.runs.find(request.exportId, request.runId);
  return run?.package === undefined ? request : { ...request, kind: "order" };
}
