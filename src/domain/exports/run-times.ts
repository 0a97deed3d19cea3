/** How a run that goes on shows it, and how long it may be silent. */
export interface RunTimes {
  /** An attempt notes so often that it lives. */
  readonly heartbeatMs: number;
  /** An attempt of which nothing was heard for so long is taken over: three heartbeats, so that one may be lost. */
  readonly silentAfterMs: number;
  /** An attempt saves its place so often, if its source can go on there. */
  readonly saveEveryMs: number;
}

export function timesOf(silentAfterMs: number): RunTimes {
  return { silentAfterMs, heartbeatMs: silentAfterMs / 3, saveEveryMs: 2 * silentAfterMs };
}

export const RUN_TIMES: RunTimes = timesOf(60_000);

/** What one invocation gives a run. */
export interface Invocation {
  /** Ends the work early, because the time for it ends. */
  readonly signal: AbortSignal;
  /** Aborts some time before: whoever can save its place does so, and has another invocation go on. */
  readonly goOnLater?: AbortSignal;
  readonly times?: RunTimes;
}
