/** The host's time: a reading, and one callback at a later time. Milliseconds since the epoch. */
export interface Clock {
  now(): number;
  /** Calls back once at `atMs`, never during this call even if that is past. @returns a function that cancels it */
  callAt(atMs: number, callback: () => void): () => void;
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
