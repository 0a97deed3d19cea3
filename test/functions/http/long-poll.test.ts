import { expect, test } from "vitest";
import { makeLongPoll } from "../../../src/functions/http/long-poll.ts";

const NOBODY_LEFT = new AbortController().signal;

/** Time that passes only by pauses; `until` is what happens while one lasts. */
function manualTime(until: (nowMs: number) => void = () => undefined) {
  let nowMs = 0;
  const pauses: number[] = [];
  return {
    pauses,
    time: {
      now: () => nowMs,
      pause: async (ms: number, signal: AbortSignal) => {
        pauses.push(ms);
        nowMs += ms;
        until(nowMs);
        signal.throwIfAborted();
      },
    },
  };
}

test("asks with growing pauses until there is an answer", async () => {
  const { time, pauses } = manualTime();
  const answers = [null, null, null, "work"];

  const outcome = await makeLongPoll(time)(async () => answers.shift() ?? null, {
    ms: 20_000,
    gone: NOBODY_LEFT,
  });

  expect(outcome).toEqual({ answer: "work", waited: true });
  expect(pauses).toEqual([250, 500, 1_000]);
});

test("asks a last time at the end, and rarely on the way there", async () => {
  const { time, pauses } = manualTime();
  let asked = 0;

  const outcome = await makeLongPoll(time)(
    async () => {
      asked++;
      return null;
    },
    { ms: 30_000, gone: NOBODY_LEFT },
  );

  expect(outcome).toEqual({ answer: null, waited: true });
  expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000, 5_000, 2_250]);
  expect(asked).toBe(pauses.length + 1);
});

test("asks no more once the client has gone", async () => {
  const client = new AbortController();
  const { time } = manualTime((nowMs) => nowMs > 700 && client.abort());
  let asked = 0;

  const outcome = await makeLongPoll(time)(
    async () => {
      asked++;
      return null;
    },
    { ms: 30_000, gone: client.signal },
  );

  expect(outcome.answer).toBeNull();
  expect(asked).toBe(2);
});

test("does not wait when nobody asked for it", async () => {
  const { time, pauses } = manualTime();

  const outcome = await makeLongPoll(time)(async () => null, { ms: 0, gone: NOBODY_LEFT });

  expect(outcome).toEqual({ answer: null, waited: false });
  expect(pauses).toEqual([]);
});

test("answers at once when 32 wait already, and has room again when they are done", async () => {
  const answer = Promise.withResolvers<string>();
  const longPoll = makeLongPoll(manualTime().time);
  const wait = { ms: 30_000, gone: NOBODY_LEFT };
  const waiting = Array.from({ length: 32 }, () => longPoll(() => answer.promise, wait));

  expect(await longPoll(async () => null, wait)).toEqual({ answer: null, waited: false });

  answer.resolve("work");
  await Promise.all(waiting);
  expect(await longPoll(async () => "more", wait)).toEqual({ answer: "more", waited: true });
});

test("a question that fails is the answer, and leaves its place", async () => {
  const longPoll = makeLongPoll(manualTime().time);
  const wait = { ms: 30_000, gone: NOBODY_LEFT };

  for (let attempt = 0; attempt < 40; attempt++) {
    await expect(longPoll(() => Promise.reject(new Error("down")), wait)).rejects.toThrow("down");
  }
  expect((await longPoll(async () => "work", wait)).waited).toBe(true);
});
