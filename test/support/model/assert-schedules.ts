import { env } from "node:process";
import fc from "fast-check";
import type { Violation } from "./invariants.ts";
import { liveSchedule } from "./live-schedule.ts";
import type { Sabotage } from "./model-world.ts";
import { type Disturbance, type Schedule, schedulesOf } from "./schedules.ts";

/** The same schedules each time, so that a test which was green stays so until the code changes. */
const SEED = 20_261_130;
/** Lives that many schedules, others each time, e.g. `MODEL_SCHEDULES=1000000 npx vitest run test/flows/publish-to-pull`. */
const WANTED = "MODEL_SCHEDULES";
/** Lives one schedule again, as a failure has printed it. */
const AGAIN = "MODEL_SCHEDULE";

/** A run whose message an outage kept from it twice waits two minutes for the third, and is late by one. */
const MAX_LATE_SHARE = 0.005;

/**
 * @returns how many schedules were lived, and how many were well only later than two minutes after they had healed
 * @throws Error with the smallest schedule that breaks a promise, and how to live it again
 */
export async function assertSchedules(
  usually: number,
): Promise<{ schedules: number; late: number }> {
  const { [AGAIN]: again, [WANTED]: wanted } = env;
  const only = again === undefined ? [] : [JSON.parse(again) as Schedule];
  const numRuns = only.length === 0 ? Number(wanted ?? usually) : 1;
  let late = 0;
  await fc.assert(
    fc.asyncProperty(schedulesOf(), async (lived) => {
      const { broken, late: lateOnes } = await liveSchedule(lived);
      late += lateOnes.length > 0 ? 1 : 0;
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
      numRuns,
      examples: only.map((each) => [each]),
      ...(wanted === undefined ? { seed: SEED } : {}),
    },
  );
  if (late > 1 + numRuns * MAX_LATE_SHARE) {
    throw new Error(`${late} of ${numRuns} schedules were not well after two minutes`);
  }
  return { schedules: numRuns, late };
}

/** A safeguard that is taken out, and the kinds of disturbance, or the very ones for each try, that need it most. */
export interface Plant {
  readonly sabotage: Sabotage;
  readonly kinds?: readonly Disturbance["kind"][];
  readonly disturbances?: (index: number) => Schedule["disturbances"];
}

/**
 * How many schedules it takes until an app without a safeguard breaks a promise.
 *
 * @throws Error when that many do not
 */
export async function schedulesUntilNoticed(
  { sabotage, kinds, disturbances }: Plant,
  most: number,
): Promise<{ schedules: number; broken: Violation }> {
  const samples = fc.sample(schedulesOf(kinds), { numRuns: most, seed: 1 });
  for (const [index, sample] of samples.entries()) {
    const lived =
      disturbances === undefined ? sample : { ...sample, disturbances: disturbances(index) };
    const {
      broken: [broken],
    } = await liveSchedule(lived, sabotage);
    if (broken !== undefined) {
      return { schedules: index + 1, broken };
    }
  }
  throw new Error(`No promise was broken in ${most} schedules`);
}
