import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const { functionTimeout, extensions } = JSON.parse(readFileSync("host.json", "utf8"));

function hours(timeSpan: string): number {
  const [h = 0, m = 0, s = 0] = timeSpan.split(":").map(Number);
  return h + m / 60 + s / 3_600;
}

test("a session keeps its lock for two invocations one after the other, and more", () => {
  const { maxAutoLockRenewalDuration } = extensions.serviceBus;

  // it counts from accepting the session, whose messages may come without a pause
  expect(hours(maxAutoLockRenewalDuration)).toBeGreaterThanOrEqual(2 * hours(functionTimeout));
});
