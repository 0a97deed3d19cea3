/** How often a run shows that it is alive, and how long it may be silent. */
export interface RunTimes {
  /** Interval of the notes that an attempt is alive. */
  readonly heartbeatMs: number;
  /** Silence after which an attempt is taken over: three heartbeats, so that one may be lost. */
  readonly silentAfterMs: number;
  /** Interval at which an attempt saves its place, if its source can continue there. */
  readonly saveEveryMs: number;
}

export function timesOf(silentAfterMs: number): RunTimes {
  return { silentAfterMs, heartbeatMs: silentAfterMs / 3, saveEveryMs: 2 * silentAfterMs };
}

export const RUN_TIMES: RunTimes = timesOf(60_000);

/** Limits that one invocation sets for a run. */
export interface Invocation {
  /** Ends the work early, because its time ends. */
  readonly signal: AbortSignal;
  /** Aborts some time earlier: an attempt that can save its place does so, and lets another invocation continue. */
  readonly goOnLater?: AbortSignal;
  readonly times?: RunTimes;
}
