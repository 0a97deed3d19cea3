import type { ServiceBusReceivedMessage } from "@azure/service-bus";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { keepLocked } from "../../../../../infra/local/functions-host/service-bus/lock-renewal.ts";

const LOCK_MS = 30_000;

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});

afterEach(() => {
  vi.useRealTimers();
});

const aMessage = () =>
  ({ lockedUntilUtc: new Date(Date.now() + LOCK_MS) }) as ServiceBusReceivedMessage;

function aReceiver(
  renew: () => Promise<Date> = () => Promise.resolve(new Date(Date.now() + LOCK_MS)),
) {
  const renewedAtMs: number[] = [];
  return {
    renewedAtMs,
    renewMessageLock() {
      renewedAtMs.push(Date.now());
      return renew();
    },
  };
}

test("a lock is renewed at half of its time, and no longer than allowed", async () => {
  const receiver = aReceiver();
  keepLocked(receiver, aMessage(), { maxMs: 100_000, onError: () => undefined });

  await vi.advanceTimersByTimeAsync(200_000);

  // The renewal at 75 s holds until 105 s, beyond what is allowed.
  expect(receiver.renewedAtMs).toEqual([15_000, 30_000, 45_000, 60_000, 75_000]);
});

test("nothing is renewed after the end, nor when renewal is switched off", async () => {
  const receiver = aReceiver();
  const end = keepLocked(receiver, aMessage(), { maxMs: 100_000, onError: () => undefined });
  keepLocked(receiver, aMessage(), { maxMs: 0, onError: () => undefined });
  await vi.advanceTimersByTimeAsync(20_000);
  end();
  await vi.advanceTimersByTimeAsync(100_000);

  expect(receiver.renewedAtMs).toEqual([15_000]);
});

test("a failed renewal is told once and ends the renewal", async () => {
  const receiver = aReceiver(() => Promise.reject(new Error("lock lost")));
  const errors: unknown[] = [];
  keepLocked(receiver, aMessage(), { maxMs: 100_000, onError: (error) => errors.push(error) });

  await vi.advanceTimersByTimeAsync(100_000);

  expect(errors).toEqual([new Error("lock lost")]);
});
