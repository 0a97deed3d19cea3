import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { assertSchedules } from "../support/model/assert-schedules.ts";
import { live, liveSchedule } from "../support/model/live-schedule.ts";
import { quicken } from "../support/model/quick.ts";
import type { Schedule } from "../support/model/schedules.ts";

// waits for a turn are turns of the simulation here
vi.mock("node:timers/promises", () => ({ setTimeout: async () => undefined }));
vi.mock("hash-wasm", () => import("../support/model/hash-at-once.ts"));

/**
 * Publishing, announcing, fan-out, chores and pulling on the real stores, with two processes, a queue that gives up,
 * and all faults in between. Every run has some schedules; publish-to-pull.many.model.stack.test.ts has many more.
 */
let undo: () => void = () => undefined;

beforeAll(() => {
  undo = quicken();
});

afterAll(() => undo());

const UNDISTURBED: Schedule = { seed: 1, disturbances: [], reserved: false };

test("a world that nothing disturbs publishes and delivers every row", async () => {
  const { world, partners } = await live(UNDISTURBED, undefined);
  const { items } = await world.observer.ledger.list("Model.Items", { limit: 100, after: null });

  expect(items.length).toBeGreaterThan(2);
  expect(partners[1]?.acknowledged.size).toBeGreaterThan(1);
  expect(await liveSchedule(UNDISTURBED)).toEqual([]);
});

test("one schedule is one order of events", async () => {
  const lived: Schedule = {
    seed: 7,
    reserved: false,
    disturbances: [
      { after: 40, kind: "kill", process: 0 },
      { after: 30, kind: "cut", service: "storage", forMs: 60_000 },
    ],
  };
  const first = await live(lived, undefined);
  const second = await live(lived, undefined);

  expect(second.world.log).toEqual(first.world.log);
  expect(first.world.log.length).toBeGreaterThan(20);
});

test("whatever dies, freezes, is cut off or changed: after two minutes nothing is lost, doubled or owed", async () => {
  expect(await assertSchedules(100)).toBeGreaterThan(0);
}, 120_000);
