import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { keepLocked } from "../../src/service-bus/lock-renewal.ts";

const LOCK_MS = 30_000;

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});

afterEach(() => {
  vi.useRealTimers();
});

function aLock(renew: () => Promise<Date> = () => Promise.resolve(new Date(Date.now() + LOCK_MS))) {
  const renewedAtMs: number[] = [];
  return {
    lockedUntil: new Date(Date.now() + LOCK_MS),
    renewedAtMs,
    renew() {
      renewedAtMs.push(Date.now());
      return renew();
    },
  };
}

test("a lock is renewed at half of its time, and no longer than allowed", async () => {
  const lock = aLock();
  keepLocked(lock, { maxMs: 100_000, onError: () => undefined });

  await vi.advanceTimersByTimeAsync(200_000);

  // The renewal at 75 s holds until 105 s, beyond what is allowed.
  expect(lock.renewedAtMs).toEqual([15_000, 30_000, 45_000, 60_000, 75_000]);
});

test("nothing is renewed after the end, nor when renewal is switched off", async () => {
  const lock = aLock();
  const end = keepLocked(lock, { maxMs: 100_000, onError: () => undefined });
  keepLocked(lock, { maxMs: 0, onError: () => undefined });
  await vi.advanceTimersByTimeAsync(20_000);
  end();
  await vi.advanceTimersByTimeAsync(100_000);

  expect(lock.renewedAtMs).toEqual([15_000]);
});

test("a renewal that fails is tried again in half of what remains, and goes on once it succeeds", async () => {
  let failures = 2;
  const lock = aLock(() => {
    failures -= 1;
    return failures >= 0
      ? Promise.reject(new Error("timed out"))
      : Promise.resolve(new Date(Date.now() + LOCK_MS));
  });
  const errors: unknown[] = [];
  keepLocked(lock, { maxMs: 100_000, onError: (error) => errors.push(error) });

  await vi.advanceTimersByTimeAsync(45_000);

  expect(lock.renewedAtMs).toEqual([15_000, 22_500, 26_250, 41_250]);
  expect(errors).toEqual([]);
});

test("a lock that cannot be renewed until it runs out is told of once", async () => {
  const lock = aLock(() => Promise.reject(new Error("timed out")));
  const errors: unknown[] = [];
  keepLocked(lock, { maxMs: 100_000, onError: (error) => errors.push(error) });

  await vi.advanceTimersByTimeAsync(100_000);

  expect(errors).toEqual([new Error("timed out")]);
  expect(lock.renewedAtMs.at(-1)).toBeLessThan(LOCK_MS);
});

test("a lock that is lost is not asked for again", async () => {
  const lost = Object.assign(new Error("lost"), { code: "SessionLockLost" });
  const lock = aLock(() => Promise.reject(lost));
  const errors: unknown[] = [];
  keepLocked(lock, { maxMs: 100_000, onError: (error) => errors.push(error) });

  await vi.advanceTimersByTimeAsync(100_000);

  expect(errors).toEqual([lost]);
  expect(lock.renewedAtMs).toEqual([15_000]);
});
