import { expect, test } from "vitest";
import type { Ports } from "../../src/domain/ports.ts";
import { sender } from "../support/world/sender.ts";
import { makeWorld } from "../support/world/world.ts";

const COLUMNS = [{ name: "id", required: true }, { name: "price" }];
const TARGET = { kind: "postgres", connection: "db", table: "public.prices", mode: "insert" };
const DEFINITION = {
  format: { kind: "csv" },
  entities: [{ name: "Prices", columns: COLUMNS, target: TARGET }],
};

/**
 * A partner that repeats requests without an answer, and sends files again to have them imported again. It sends A, B,
 * A under one name, a file whose state it has asked for, and an upload.
 */
async function live(killAt: number | null, sabotage?: (ports: Ports) => Ports) {
  const world = await sender(await makeWorld({ killAt, change: sabotage }), DEFINITION);
  const file = (price: string) => `id,price\r\nx,${price}\r\n`;
  for (const price of ["1", "2", "1"]) {
    await world.send(world.ordered, "prices.csv", file(price));
  }
  const asked = await world.send(world.ordered, "daily.csv", file("3"));
  await world.settle();
  await world.ask(world.ordered, asked);
  await world.send(world.ordered, "daily.csv", file("3"));
  await world.upload(world.ordered, "daily.csv", file("4"));
  await world.settle();
  const { rows, owed, strayFiles } = await world.outcome();
  return { points: world.killer.points, end: { rows, owed, strayFiles } };
}

const EXPECTED = {
  rows: ["1", "2", "1", "3", "3", "4"].map((price) => `Prices: x,${price}`),
  owed: 0,
  strayFiles: 0,
};

test("a process killed at any await of a receipt leaves one import of each file that was sent", async () => {
  const { points, end } = await live(null);
  expect(end).toEqual(EXPECTED);

  for (let killAt = 1; killAt <= points; killAt++) {
    expect((await live(killAt)).end, `killed at point ${killAt} of ${points}`).toEqual(EXPECTED);
  }

  process.stdout.write(`repetitions killed at every await: ${points} points tried\n`);
}, 600_000);

test("the comparison notices when a lost answer is not known for one (C1)", async () => {
  const { points } = await live(null);
  const withoutClaims = (ports: Ports): Ports => ({
    ...ports,
    submissions: {
      ...ports.submissions,
      insert: (submission, options) =>
        ports.submissions.insert(submission, { ...options, claims: [] }),
    },
  });

  let hasNoticed = false;
  for (let killAt = 1; killAt <= points && !hasNoticed; killAt++) {
    const { end } = await live(killAt, withoutClaims);
    hasNoticed = end.rows.length > EXPECTED.rows.length;
  }

  expect(hasNoticed).toBe(true);
}, 600_000);
