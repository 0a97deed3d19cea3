import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { assertSchedules } from "../support/model/assert-schedules.ts";
import { quicken } from "../support/model/quick.ts";

vi.mock("node:timers/promises", () => ({ setTimeout: async () => undefined }));
vi.mock("hash-wasm", () => import("../support/model/hash-at-once.ts"));

/**
 * Like publish-to-pull.model.test.ts, with as many schedules as `npm test` has time for. It needs no server, and stands
 * among the tests against the local cloud only because it takes long.
 */
const SCHEDULES = 10_000;

let undo: () => void = () => undefined;

beforeAll(() => {
  undo = quicken();
});

afterAll(() => undo());

test("many schedules of whatever can go wrong lose nothing, double nothing and leave nothing owed", async () => {
  const startedAt = performance.now();
  const schedules = await assertSchedules(SCHEDULES);
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  process.stdout.write(`${schedules} schedules in ${seconds} s\n`);

  expect(schedules).toBeGreaterThan(0);
}, 3_600_000);
