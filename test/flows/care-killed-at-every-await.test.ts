import { expect, test } from "vitest";
import type { Ports } from "../../src/domain/ports.ts";
import { endsOtherwise, killedAtEach } from "../support/killed-at-each.ts";
import { type CareOutcome, caretaker } from "../support/world/caretaker.ts";
import { makeWorld } from "../support/world/world.ts";

async function liveAndDie(
  killAt: number | null,
  sabotage?: (ports: Ports) => Ports,
): Promise<{ outcome: CareOutcome | string; points: number }> {
  const world = await caretaker(await makeWorld({ killAt, change: sabotage }));
  const failure = await world.live().then(
    () => null,
    (error: Error) => error.message,
  );
  return { outcome: failure ?? (await world.outcome()), points: world.killer.points };
}

test("a process killed at any await of a renewal, release, rejection, download, requeue, retention or clean-up leaves what one that was never killed leaves (C24, C25, C28, C29)", async () => {
  const { outcome: expected, points } = await liveAndDie(null);
  expect(expected).toEqual({
    deliveries: [
      "6 expired 0 -",
      "5 expired 0 - fetched",
      "4 expired 1 bad",
      "3 expired 0 bad",
      "2 expired 0 -",
      "1 acked 0 -",
    ],
    deliveriesAfterCleanup: 0,
    files: [7],
    entriesOfKeptFiles: [7],
    waiting: 0,
  });

  for await (const { end, killAt } of killedAtEach(points, liveAndDie)) {
    expect(end.outcome, `killed at point ${killAt} of ${points}`).toEqual(expected);
  }

  process.stdout.write(`kill at every await of delivery care: ${points} points tried\n`);
}, 300_000);

/** Each takes one safeguard out; the comparison above must notice. */
const SABOTAGE: Record<string, (ports: Ports) => Ports> = {
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
  "that a file counts as kept until its deletion is noted (C29)": (ports) => ({
    ...ports,
    ledger: {
      ...ports.ledger,
      kept: async (fileType, limit) => {
        const entries = await ports.ledger.kept(fileType, limit);
        const there = await Promise.all(entries.map(({ path }) => ports.files.read(path)));
        return entries.filter((_, index) => there[index] !== null);
      },
    },
  }),
  "that what was not announced and fanned out is kept": (ports) => ({
    ...ports,
    ledger: {
      ...ports.ledger,
      unannounced: async function* unannounced() {},
      notFannedOut: async function* notFannedOut() {},
    },
  }),
  "that a lease which nobody knows of ends (C24)": (ports) => ({
    ...ports,
    deliveries: {
      ...ports.deliveries,
      replaceAll: (changes) =>
        ports.deliveries.replaceAll(
          changes.map(({ before, after }) => {
            const never = new Date("2100-01-01T00:00:00Z");
            return { before, after: { ...after, visibleAt: never, position: never } };
          }),
        ),
    },
  }),
};

test.each(Object.entries(SABOTAGE))(
  "the comparison notices when it is missing %s",
  async (_, sabotage) => {
    const { outcome: expected, points } = await liveAndDie(null);

    const live = async (killAt: number | null) => (await liveAndDie(killAt, sabotage)).outcome;
    expect(await endsOtherwise(expected, points, live)).toBe(true);
  },
  300_000,
);
