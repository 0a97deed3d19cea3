import { setTimeout as delay } from "node:timers/promises";

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;
/** Each holds a request open; those beyond are answered at once. */
const MOST_WAITING = 32;

/**
 * Asks until there is an answer, with pauses that grow to 5 seconds, and once more at the end.
 *
 * @param wait.ms how long to go on asking; 0: ask once
 * @param wait.gone ends the wait, as nobody is there any more
 * @returns null when there was no answer in time; `waited` is false when too many wait already, and it was asked once
 */
export type LongPoll = <Answer>(
  ask: () => Promise<Answer | null>,
  wait: { ms: number; gone: AbortSignal },
) => Promise<{ answer: Answer | null; waited: boolean }>;

/** The passing of time, which a test replaces. */
interface Time {
  now(): number;
  pause(ms: number, signal: AbortSignal): Promise<unknown>;
}

const realTime: Time = {
  now: () => performance.now(),
  pause: (ms, signal) => delay(ms, undefined, { signal }),
};

/** Makes the waiting room of one instance. */
export function makeLongPoll(time: Time = realTime): LongPoll {
  let waiting = 0;

  return async (ask, { ms, gone }) => {
    if (ms === 0 || waiting === MOST_WAITING) {
      return { answer: await ask(), waited: false };
    }
    waiting++;
    try {
      return { answer: await askUntil(ask, time.now() + ms, gone), waited: true };
    } finally {
      waiting--;
    }
  };

  async function askUntil<Answer>(
    ask: () => Promise<Answer | null>,
    endMs: number,
    gone: AbortSignal,
  ): Promise<Answer | null> {
    for (let pauseMs = FIRST_PAUSE_MS; !gone.aborted; ) {
      const answer = await ask();
      const leftMs = endMs - time.now();
      if (answer !== null || leftMs <= 0) {
        return answer;
      }
      await time.pause(Math.min(pauseMs, leftMs), gone).catch(() => undefined);
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    }
    return null;
  }
}
