/** The broker's time: a reading, and one callback at a later time. Milliseconds since the epoch. */
export interface Clock {
  now(): number;
  /** Calls back once at `atMs`, never during this call even if that is past. @returns a function that cancels it */
  callAt(atMs: number, callback: () => void): () => void;
}

/** A clock that tests move by hand. */
export interface ManualClock extends Clock {
  /** Moves time on. Callbacks run in the order of their times, and each sees its own time as now. */
  advance(ms: number): void;
}

/** `setTimeout` overflows beyond this and would fire at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** The machine's time; a pending callback does not keep the process alive. */
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
