import { expect } from "vitest";

/** Waits until what is read is as expected; long, because a machine that is busy with other things is slow. */
export function eventually<Value>(read: () => Value) {
  return expect.poll(read, { timeout: 30_000, interval: 5 });
}
