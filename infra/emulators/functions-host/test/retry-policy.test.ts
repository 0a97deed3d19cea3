import { manualClock } from "service-bus-emulator/clock";
import { expect, test } from "vitest";
import { type RetryAttempt, withRetry } from "../src/retry-policy.ts";

const settled = () => new Promise((resolve) => setImmediate(resolve));

function failing(times: number) {
  const contexts: (RetryAttempt | null)[] = [];
  const attempt = (context: RetryAttempt | null) => {
    contexts.push(context);
    return contexts.length <= times ? Promise.reject(new Error("no")) : Promise.resolve("done");
  };
  return { contexts, attempt };
}

const never = new AbortController().signal;

test("a fixed delay lies between the attempts, and each hears which one it is", async () => {
  const clock = manualClock(0);
  const { contexts, attempt } = failing(2);
  const policy = { retryStrategy: "fixedDelay", maxRetryCount: 5, delayInterval: { seconds: 3 } };
  const result = withRetry(policy, { clock, signal: never }, attempt);

  await settled();
  clock.advance(2999);
  await settled();
  expect(contexts).toHaveLength(1);
  clock.advance(1);
  await settled();
  clock.advance(3000);

  expect(await result).toBe("done");
  expect(contexts[2]).toMatchObject({
    retryCount: 2,
    maxRetryCount: 5,
    exception: { message: "no" },
  });
});

test("exponential back-off doubles from the minimum to the maximum", async () => {
  const clock = manualClock(0);
  const { contexts, attempt } = failing(4);
  const policy = {
    retryStrategy: "exponentialBackoff",
    maxRetryCount: -1,
    minimumInterval: { seconds: 1 },
    maximumInterval: { seconds: 3 },
  };
  const result = withRetry(policy, { clock, signal: never }, attempt);

  for (const seconds of [1, 2, 3, 3]) {
    const before = contexts.length;
    await settled();
    clock.advance(seconds * 1000 - 1);
    await settled();
    expect(contexts).toHaveLength(Math.max(before, 1));
    clock.advance(1);
    await settled();
  }

  expect(await result).toBe("done");
});

test("the last failure is thrown when the policy is used up", async () => {
  const clock = manualClock(0);
  const { contexts, attempt } = failing(9);
  const result = withRetry({ maxRetryCount: 1 }, { clock, signal: never }, attempt);
  const outcome = expect(result).rejects.toThrow("no");
  await settled();
  clock.advance(0);
  await outcome;

  expect(contexts).toHaveLength(2);
});

test("without a policy there is one attempt", async () => {
  const { contexts, attempt } = failing(1);

  await expect(
    withRetry(undefined, { clock: manualClock(0), signal: never }, attempt),
  ).rejects.toThrow("no");
  expect(contexts).toEqual([null]);
});

test("an abort ends the waiting with the failure that led to it", async () => {
  const { attempt } = failing(9);
  const abort = new AbortController();
  const policy = { maxRetryCount: -1, delayInterval: { seconds: 60 } };
  const result = withRetry(policy, { clock: manualClock(0), signal: abort.signal }, attempt);
  const outcome = expect(result).rejects.toThrow("no");
  await settled();
  abort.abort();

  await outcome;
});
