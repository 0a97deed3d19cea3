import { expect, test } from "vitest";
import type { Ports } from "../../src/domain/ports.ts";
import { endsOtherwise, killedAtEach } from "../support/killed-at-each.ts";
import { type SweeperOutcome, sweeper } from "../support/world/sweeper.ts";
import { makeWorld } from "../support/world/world.ts";

async function liveAndDie(
  killAt: number | null,
  sabotage?: (ports: Ports) => Ports,
): Promise<{ outcome: SweeperOutcome | string; points: number }> {
  const world = await sweeper(
    await makeWorld({ startsAt: new Date().toISOString(), killAt, change: sabotage }),
  );
  const failure = await world.live().then(
    () => null,
    (error: Error) => error.message,
  );
  return { outcome: failure ?? (await world.outcome()), points: world.killer.points };
}

const LEFT: SweeperOutcome = {
  files: [
    "inbox: kept longer",
    "inbox: owed",
    "kept-things: published",
    "kept-things: what a run under way wrote",
    "packages: package under way",
  ],
  submissions: [
    "bad: processed-with-errors without its file",
    "done: processed without its file",
    "failed: preprocessing-failed without its file",
    "kept longer: processed with its file",
    "owed: enqueued with its file",
  ],
  claims: [
    "bad 365",
    "bad null",
    "done 365",
    "done null",
    "failed 365",
    "failed null",
    "kept longer 365",
    "kept longer null",
    "owed 365",
    "owed null",
  ],
  submissionsAfterCleanup: [
    "bad: processed-with-errors without its file",
    "kept longer: processed with its file",
    "owed: enqueued with its file",
  ],
};

test("a process killed at any await of a sweep or a clean-up leaves what one that was never killed leaves (C26, C28)", async () => {
  const { outcome: expected, points } = await liveAndDie(null);
  expect(expected).toEqual(LEFT);

  for await (const { end, killAt } of killedAtEach(points, liveAndDie)) {
    expect(end.outcome, `killed at point ${killAt} of ${points}`).toEqual(LEFT);
  }

  process.stdout.write(`retention killed at every await: ${points} points tried\n`);
}, 600_000);

/** Each takes one safeguard out; the comparison above must notice. */
const SABOTAGE: Record<string, (ports: Ports) => Ports> = {
  "giving a file up before it is deleted (C26)": (ports) => ({
    ...ports,
    submissions: {
      ...ports.submissions,
      replace: async (before, after) =>
        after.fileDeletedAt !== null || ports.submissions.replace(before, after),
    },
  }),
  "that a row decides what is a stray": (ports) => ({
    ...ports,
    ledger: { ...ports.ledger, findByOrigin: async () => null },
  }),
  "that what is under way is kept": (ports) => ({
    ...ports,
    runs: { ...ports.runs, find: async () => null },
  }),
  "that deleting a file which is gone is fine": (ports) => ({
    ...ports,
    files: {
      ...ports.files,
      delete: async (path) => {
        if ((await ports.files.read(path)) === null) {
          throw new Error("there is no such file");
        }
        await ports.files.delete(path);
      },
    },
  }),
};

test.each(Object.entries(SABOTAGE))(
  "the comparison notices when it is missing %s",
  async (_, sabotage) => {
    const { points } = await liveAndDie(null);

    const live = async (killAt: number | null) => (await liveAndDie(killAt, sabotage)).outcome;
    expect(await endsOtherwise(LEFT, points, live)).toBe(true);
  },
  600_000,
);
