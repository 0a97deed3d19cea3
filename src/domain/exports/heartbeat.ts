import type { Ports } from "../ports.ts";
import type { Run } from "./run.ts";

/** Another attempt has the run by now, or it has ended: what this one does from now on counts for nothing. */
export class RunTakenOver extends Error {}

/**
 * Notes again and again that an attempt lives.
 *
 * One that cannot be noted, as in an outage of storage, leaves the attempt alone: it lost nothing yet.
 *
 * @returns `signal` aborts with {@link RunTakenOver} when the attempt has lost the run
 */
export function startHeartbeat(
  ports: Pick<Ports, "runs" | "clock" | "log">,
  run: Run,
  everyMs: number,
): { readonly signal: AbortSignal; stop(): void } {
  const lost = new AbortController();
  const beat = async (): Promise<void> => {
    try {
      if (!(await ports.runs.beat(run, ports.clock.now()))) {
        lost.abort(new RunTakenOver());
      }
    } catch (error) {
      ports.log("heartbeat-failed", {
        exportId: run.exportId,
        runId: run.runId,
        failure: String(error),
      });
    }
  };
  let timer: NodeJS.Timeout | null = null;
  let isStopped = false;
  // the next one only after the last one has ended: a slow storage must not be asked by many at once
  const arm = (): void => {
    if (!(isStopped || lost.signal.aborted)) {
      timer = setTimeout(() => void beat().then(arm), everyMs);
      timer.unref();
    }
  };
  arm();
  const stop = (): void => {
    isStopped = true;
    clearTimeout(timer ?? undefined);
  };
  return { signal: lost.signal, stop };
}
