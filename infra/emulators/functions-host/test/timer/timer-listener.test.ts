import { type ManualClock, manualClock } from "service-bus-emulator/clock";
import { beforeEach, expect, test } from "vitest";
import { parseSchedule } from "../../src/timer/schedule.ts";
import {
  memoryScheduleStatuses,
  type ScheduleStatusStore,
} from "../../src/timer/schedule-status.ts";
import { timerListener } from "../../src/timer/timer-listener.ts";

const at = (time: string) => new Date(`2026-01-01T${time}Z`);
const MINUTE_MS = 60_000;

let clock: ManualClock;
let statuses: ScheduleStatusStore;
let runs: { at: Date; input: { IsPastDue: boolean; ScheduleStatus: unknown } }[];
let lines: string[];
let work: () => Promise<void>;

beforeEach(() => {
  clock = manualClock(at("10:00:30").getTime());
  statuses = memoryScheduleStatuses();
  runs = [];
  lines = [];
  work = () => Promise.resolve();
});

function aTimer(schedule: string, options: { useMonitor?: boolean; runOnStartup?: boolean } = {}) {
  return timerListener(
    {
      functionName: "tick",
      schedule: parseSchedule(schedule),
      useMonitor: options.useMonitor ?? true,
      runOnStartup: options.runOnStartup ?? false,
    },
    {
      clock,
      statuses,
      log: (level, message) => lines.push(`${level}: ${message}`),
      run(input) {
        runs.push({ at: new Date(clock.now()), input: JSON.parse(input) });
        return work();
      },
    },
  );
}

/** Lets what was started by the clock come to its next wait. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

async function pass(ms: number) {
  clock.advance(ms);
  await settled();
}

test("runs at each occurrence and remembers the next one", async () => {
  await aTimer("0 * * * * *").start();

  await pass(MINUTE_MS);
  await pass(MINUTE_MS);

  expect(runs.map((run) => run.at)).toEqual([at("10:01:00"), at("10:02:00")]);
  expect(runs[1]?.input).toMatchObject({
    IsPastDue: false,
    ScheduleStatus: { Last: "2026-01-01T10:01:00+00:00", Next: "2026-01-01T10:02:00+00:00" },
  });
  expect(await statuses.find("tick")).toEqual({
    last: at("10:02:00"),
    next: at("10:03:00"),
    lastUpdated: at("10:02:00"),
  });
});

test("catches up once, at once and past due, however many occurrences were missed", async () => {
  const status = { last: at("07:00:00"), next: at("08:00:00"), lastUpdated: at("07:00:00") };
  await statuses.save("tick", status);

  await aTimer("0 0 * * * *").start();
  await pass(0);

  expect(runs).toHaveLength(1);
  expect(runs[0]?.input).toMatchObject({
    IsPastDue: true,
    ScheduleStatus: { Next: "2026-01-01T08:00:00+00:00" },
  });
  expect((await statuses.find("tick"))?.next).toEqual(at("11:00:00"));
});

test("never overlaps itself: what falls due during a run starts once, right after it", async () => {
  const gate = Promise.withResolvers<void>();
  work = () => gate.promise;
  await aTimer("0 * * * * *").start();
  await pass(MINUTE_MS);
  await pass(5 * MINUTE_MS);
  expect(runs).toHaveLength(1);

  work = () => Promise.resolve();
  gate.resolve();
  await settled();
  await pass(0);

  expect(runs).toHaveLength(2);
  expect((await statuses.find("tick"))?.next).toEqual(at("10:07:00"));
});

test("runOnStartup runs at once and then on schedule", async () => {
  await aTimer("0 * * * * *", { runOnStartup: true }).start();
  await pass(0);
  await pass(30_000);

  expect(runs.map((run) => run.at)).toEqual([at("10:00:30"), at("10:01:00")]);
});

test.each([
  ["a sub-minute schedule", "*/20 * * * * *", true],
  ["useMonitor: false", "0 * * * * *", false],
])("%s is not monitored", async (_, schedule, useMonitor) => {
  await aTimer(schedule, { useMonitor }).start();
  await pass(MINUTE_MS);

  expect(runs[0]?.input.ScheduleStatus).toBeNull();
  expect(await statuses.find("tick")).toBeNull();
});

test("a failing run does not stop the schedule", async () => {
  work = () => Promise.reject(new Error("no"));
  await aTimer("0 * * * * *").start();

  await pass(MINUTE_MS);
  await pass(MINUTE_MS);

  expect(runs).toHaveLength(2);
});

test("a broken status store is logged and costs the memory, not the runs", async () => {
  statuses = {
    find: () => Promise.reject(new Error("storage is down")),
    save: () => Promise.reject(new Error("storage is down")),
  };
  await aTimer("0 * * * * *").start();
  await pass(MINUTE_MS);

  expect(runs).toHaveLength(1);
  expect(lines).toContain('error: Cannot save the status of timer "tick": Error: storage is down');
});

test("a schedule that never comes is told and waits for nothing", async () => {
  await aTimer("0 0 0 30 2 *").start();

  expect(lines).toEqual(['warn: Timer "tick" never runs: its schedule has no date']);
});

test("stop waits for the run under way and starts no other", async () => {
  const gate = Promise.withResolvers<void>();
  work = () => gate.promise;
  const timer = aTimer("0 * * * * *");
  await timer.start();
  await pass(MINUTE_MS);

  let isStopped = false;
  const stopped = timer.stop().then(() => {
    isStopped = true;
  });
  await settled();
  expect(isStopped).toBe(false);
  gate.resolve();
  await stopped;
  await pass(5 * MINUTE_MS);

  expect(runs).toHaveLength(1);
});
