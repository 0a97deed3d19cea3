import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { within } from "../../src/stores/within.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test("an answer in time is passed on, and no timer stays behind", async () => {
  expect(await within({ ms: 1_000, what: "ask" }, async () => "answer")).toBe("answer");
  expect(vi.getTimerCount()).toBe(0);
});

test("a failure in time is passed on", async () => {
  const failure = new Error("refused");

  await expect(within({ ms: 1_000, what: "ask" }, () => Promise.reject(failure))).rejects.toBe(
    failure,
  );
});

test("a call that is not answered is waited for no longer, and may fail unheard later", async () => {
  const { promise, reject } = Promise.withResolvers<string>();
  let silences = 0;
  const asking = within({ ms: 1_000, what: "ask", onSilence: () => silences++ }, () => promise);
  const failure = asking.catch((error: Error) => error.message);

  await vi.advanceTimersByTimeAsync(1_000);

  expect(await failure).toBe("Cannot ask: there was no answer within 1 s");
  expect(silences).toBe(1);
  reject(new Error("at last"));
  await vi.advanceTimersByTimeAsync(1);
});
