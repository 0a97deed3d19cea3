/** Time as the broker sees it: a reading, and one call-back at a later instant. Milliseconds since the epoch. */
export interface Clock {
  now(): number;
  /** Calls back once at `atMs`, never during this call even when that is past. Returns what cancels it. */
  callAt(atMs: number, callback: () => void): () => void;
}

/** A clock that tests move by hand. */
export interface ManualClock extends Clock {
  /** Moves on, calling back on the way in the order of the instants, each seeing its own instant as now. */
  advance(ms: number): void;
}

/** `setTimeout` overflows beyond this and would fire at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** The machine's time; a pending call-back does not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  callAt(atMs, callback) {
    let timer: NodeJS.Timeout;
    const arm = () => {
      const waitMs = Math.max(0, atMs - Date.now());
      timer = setTimeout(
        () => (Date.now() < atMs ? arm() : callback()),
        Math.min(waitMs, MAX_TIMEOUT_MS),
      );
      timer.unref();
    };
    arm();
    return () => clearTimeout(timer);
  },
};

export function manualClock(startMs: number): ManualClock {
  let nowMs = startMs;
  let pending: { atMs: number; callback: () => void }[] = [];
  const nextDue = (untilMs: number) =>
    pending
      .filter(({ atMs }) => atMs <= untilMs)
      .reduce<(typeof pending)[number] | null>(
        (first, each) => (first === null || each.atMs < first.atMs ? each : first),
        null,
      );
  return {
    now: () => nowMs,
    callAt(atMs, callback) {
      const entry = { atMs, callback };
      pending.push(entry);
      return () => {
        pending = pending.filter((each) => each !== entry);
      };
    },
    advance(ms) {
      const untilMs = nowMs + ms;
      for (let due = nextDue(untilMs); due !== null; due = nextDue(untilMs)) {
        const entry = due;
        pending = pending.filter((each) => each !== entry);
        nowMs = Math.max(nowMs, entry.atMs);
        entry.callback();
      }
      nowMs = untilMs;
    },
  };
}
