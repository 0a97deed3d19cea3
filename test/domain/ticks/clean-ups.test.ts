import { beforeEach, expect, test } from "vitest";
import type { Ports } from "../../../src/domain/ports.ts";
import { cleanUp, makeUpForCleanUps } from "../../../src/domain/ticks/clean-ups.ts";
import type { Chore } from "../../../src/domain/ticks/ticks.ts";

const MINUTE_MS = 60_000;
const START = new Date("2026-03-01T10:00:00Z");

const noted = new Map<Chore, Date>();
const begun: Chore[] = [];
let now = START;

/** Nothing but the clock and the notes is there: each clean-up fails as soon as it has begun. */
const ports = {
  ticks: {
    last: async (chore) => noted.get(chore) ?? null,
    note: async (chore, at) => {
      begun.push(chore);
      noted.set(chore, at);
    },
  },
  clock: { now: () => now },
} as Partial<Ports> as Ports;

const signal = new AbortController().signal;

beforeEach(() => {
  noted.clear();
  begun.length = 0;
  now = START;
});

async function madeUpFor(): Promise<Chore[]> {
  begun.length = 0;
  // one that fails holds up no other
  await makeUpForCleanUps(ports, signal).catch(() => undefined);
  return [...begun];
}

test("clean-ups are made up for when their timers have not come for three times their interval", async () => {
  expect(await madeUpFor()).toEqual(["retention", "storage-sweep"]);
  expect(await madeUpFor()).toEqual([]);

  now = new Date(START.getTime() + 30 * MINUTE_MS);
  expect(await madeUpFor()).toEqual(["retention"]);

  now = new Date(START.getTime() + 180 * MINUTE_MS);
  expect(await madeUpFor()).toEqual(["retention", "storage-sweep"]);
});

test("a clean-up that its timer has begun is not begun again, also when it failed", async () => {
  await expect(cleanUp(ports, "retention", signal)).rejects.toThrow();

  expect(await madeUpFor()).toEqual(["storage-sweep"]);
});

test("a time that lies in the future proves nothing: a clock was wrong", async () => {
  noted.set("retention", new Date(START.getTime() + 60 * MINUTE_MS));
  noted.set("storage-sweep", START);

  expect(await madeUpFor()).toEqual(["retention"]);
});
