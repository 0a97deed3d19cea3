import type { Ports } from "../ports.ts";
import type { Run } from "./run.ts";

/** Another attempt has taken over the run, or the run has ended. Later work of this attempt does not count. */
export class RunTakenOver extends Error {}

/**
 * Keeps noting that an attempt is alive.
 *
 * If storage fails to note a heartbeat, the attempt continues: it has lost nothing yet.
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
  // the next one starts only after the last one has ended, so that a slow storage is not asked by many at once
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
