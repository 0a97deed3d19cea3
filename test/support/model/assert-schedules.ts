import { env } from "node:process";
import fc from "fast-check";
import type { ModelPromise, Violation } from "./invariants.ts";
import { liveSchedule } from "./live-schedule.ts";
import type { Sabotage } from "./model-world.ts";
import { type Schedule, schedule } from "./schedules.ts";

/** Raises the number of schedules, e.g. `MODEL_SCHEDULES=1000000 npx vitest run test/flows/publish-to-pull`. */
const WANTED = "MODEL_SCHEDULES";
/** Lives one schedule again, as a failure has printed it. */
const AGAIN = "MODEL_SCHEDULE";

/** Promises that are known to be broken. The aim is none. */
const KNOWN_HOLES: ReadonlySet<ModelPromise> = new Set<ModelPromise>([
  "every row is published",
  "no run stays unfinished",
  "no file stays that nothing knows",
]);

/** @throws Error with the smallest schedule that breaks a promise, and how to live it again */
export async function assertSchedules(numRuns: number): Promise<void> {
  const { [AGAIN]: again, [WANTED]: wanted } = env;
  const only = again === undefined ? [] : [JSON.parse(again) as Schedule];
  await fc.assert(
    fc.asyncProperty(schedule, async (lived) => {
      const broken = await brokenBy(lived);
      if (broken.length > 0) {
        throw new Error(
          [
            ...broken.map(({ promise, detail }) => `broken: ${promise}: ${detail}`),
            `again: ${AGAIN}='${JSON.stringify(lived)}'`,
          ].join("\n"),
        );
      }
    }),
    {
      numRuns: only.length === 0 ? Number(wanted ?? numRuns) : 1,
      examples: only.map((each) => [each]),
    },
  );
}

async function brokenBy(lived: Schedule): Promise<readonly Violation[]> {
  const found = await liveSchedule(lived);
  return found.filter(({ promise }) => !KNOWN_HOLES.has(promise));
}

/**
 * How many schedules it takes until an app without a safeguard breaks a promise.
 *
 * @throws Error when that many do not
 */
export async function schedulesUntilNoticed(
  sabotage: Sabotage,
  most: number,
): Promise<{ schedules: number; broken: Violation }> {
  for (const [index, lived] of fc.sample(schedule, { numRuns: most, seed: 1 }).entries()) {
    const [broken] = (await liveSchedule(lived, sabotage)).filter(
      ({ promise }) => !KNOWN_HOLES.has(promise),
    );
    if (broken !== undefined) {
      return { schedules: index + 1, broken };
    }
  }
  throw new Error(`No promise was broken in ${most} schedules`);
}
