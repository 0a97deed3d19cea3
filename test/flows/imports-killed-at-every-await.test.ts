import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import type { Ports } from "../../src/domain/ports.ts";
import { LIVED_IMPORT, liveImports } from "../support/lives.ts";
import { type SenderOutcome, sender } from "../support/world/sender.ts";
import { makeWorld, type WorldOptions } from "../support/world/world.ts";

async function lived(options: WorldOptions = {}) {
  const world = await sender(await makeWorld(options), LIVED_IMPORT);
  return { world, outcome: await liveImports(world) };
}

test("a process killed at any await of a receipt, an import or a tick leaves what one that was never killed leaves (C1, C3, C4, C5, C6, C8, C9, C12)", async () => {
  const { world, outcome: expected } = await lived();
  const { points } = world.killer;
  expect(expected).toEqual({
    rows: [
      "Things: a1,1,x",
      "Things: a2,2,y",
      "Things: c1,1,x",
      "Things: d1,1,x",
      "Things: d4,4,x",
      "Things: e1,1,x",
    ],
    submissions: [
      "1.csv 1 processed 0  Things kept 2-0-0",
      "2.csv 2 preprocessing-failed 0 columns-missing Things not-kept 0-0-0",
      "3.csv 3 processed 0  Things kept 1-0-0",
      "4.csv  processed-with-errors 3  Things kept 5-2-1",
      "5.csv  processed 0  Things kept 1-0-0",
    ],
    errorFiles: [
      "WaybillReason,id,amount,name\r\n" +
        "row 2: amount is not a valid integer: expected a whole number such as 1234,d2,two,x\r\n" +
        "row 3: name is not wanted here,d3,3,refused\r\n" +
        "row 5: id must have a value,,5,x\r\n",
    ],
    owed: 0,
    strayFiles: 0,
    published: [],
  });

  for (let killAt = 1; killAt <= points; killAt++) {
    const { outcome } = await lived({ killAt });
    expect(inOrder(outcome), `killed at point ${killAt} of ${points}`).toEqual(inOrder(expected));
  }

  process.stdout.write(`imports killed at every await: ${points} points tried\n`);
}, 600_000);

/** Which of two connectors comes first is nobody's business; within the ordered one it is. */
function inOrder(outcome: SenderOutcome): unknown {
  const of = (letters: string) => outcome.rows.filter((row) => letters.includes(row.charAt(8)));
  return { ...outcome, rows: [of("ac"), of("d"), of("e")] };
}

/** Each takes one safeguard out, by the number of its rule in ARCHITECTURE.md; the comparison above must notice. */
const SABOTAGE: Record<string, (ports: Ports) => Ports> = {
  "sending what is owed and was never sent (C12)": (ports) => ({
    ...ports,
    submissions: { ...ports.submissions, owed: async () => [] },
  }),
  "one submission for the same file sent again (C1)": (ports) => ({
    ...ports,
    submissions: {
      ...ports.submissions,
      insert: (submission, options) =>
        ports.submissions.insert(submission, { ...options, claims: [] }),
    },
  }),
  "finding an upload that was received already (C1)": (ports) => ({
    ...ports,
    submissions: { ...ports.submissions, findClaim: async () => null },
  }),
  "the same run for every attempt (C6)": (ports) => ({
    ...ports,
    openTarget: (definition) => ({
      open: (request) => ports.openTarget(definition).open({ ...request, runId: ports.ids.guid() }),
    }),
  }),
  "noting files before they are written (C3, C4, C8)": (ports) => ({
    ...ports,
    submissions: {
      ...ports.submissions,
      replace: (before, after) =>
        ports.submissions.replace(
          before,
          after.endedAt === null ? { ...after, written: [] } : after,
        ),
    },
  }),
};

test.each(Object.entries(SABOTAGE))(
  "the comparison notices that %s is missing",
  async (_, sabotage) => {
    const { world, outcome: expected } = await lived();

    let noticed = false;
    for (let killAt = 0; killAt <= world.killer.points && !noticed; killAt++) {
      const life = lived({ killAt: killAt === 0 ? null : killAt, change: sabotage });
      const outcome = await life.then(
        (end) => inOrder(end.outcome),
        (failure: unknown) => failure,
      );
      noticed = !isDeepStrictEqual(outcome, inOrder(expected));
    }

    expect(noticed).toBe(true);
  },
  600_000,
);
