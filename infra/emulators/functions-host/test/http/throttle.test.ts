import { expect, test } from "vitest";
import { throttle } from "../../src/http/throttle.ts";

const settled = () => new Promise((resolve) => setImmediate(resolve));

function aWork() {
  const gate = Promise.withResolvers<void>();
  const work = { isRunning: false, end: gate.resolve };
  return {
    work,
    run: () => {
      work.isRunning = true;
      return gate.promise;
    },
  };
}

test("requests over maxConcurrentRequests wait their turn", async () => {
  const { run } = throttle({ maxConcurrentRequests: 1, maxOutstandingRequests: -1 });
  const [first, second, third] = [aWork(), aWork(), aWork()];
  const results = [run(first.run), run(second.run), run(third.run)];

  first.work.end();
  await settled();
  expect([second.work.isRunning, third.work.isRunning]).toEqual([true, false]);
  second.work.end();
  third.work.end();

  expect(await Promise.all(results)).toEqual([true, true, true]);
});

test("requests over maxOutstandingRequests are refused, waiting ones counted", async () => {
  const { run } = throttle({ maxConcurrentRequests: 1, maxOutstandingRequests: 2 });
  const [first, second, third, fourth] = [aWork(), aWork(), aWork(), aWork()];
  const results = [run(first.run), run(second.run)];

  expect(await run(third.run)).toBe(false);
  expect(third.work.isRunning).toBe(false);
  first.work.end();
  second.work.end();
  await Promise.all(results);
  fourth.work.end();
  expect(await run(fourth.run)).toBe(true);
});

test("work that fails gives its place back", async () => {
  const { run } = throttle({ maxConcurrentRequests: 1, maxOutstandingRequests: 1 });

  await expect(run(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await run(() => Promise.resolve())).toBe(true);
});
