import { afterAll, beforeAll, expect, test } from "vitest";
import { outageTable, STAGES } from "../support/outage-stages.ts";
import { type OutageResult, type OutageWorld, startOutageWorld } from "../support/outage-world.ts";

/**
 * Storage is cut off at each stage while files flow in both directions. The broker gives up after three deliveries
 * here. So a cut of seconds makes it set messages aside, as a cut of a minute does after ten. The whole table, with the
 * broker as deployed, is `npm run test:large:outages`.
 */
const DELIVERIES = { max: 3, lock: "PT5S" };
const WITHIN_MS = 120_000;

const results: OutageResult[] = [];
const lines: string[] = [];
let world: OutageWorld;

beforeAll(async () => {
  world = await startOutageWorld({
    deliveries: DELIVERIES,
    onLine: (line) => void lines.push(line),
  });
}, 120_000);

afterAll(async () => {
  process.stdout.write(outageTable(results));
  await world.stop();
});

test.each(STAGES)(
  "storage that is cut off at %s for seconds costs nothing",
  async (stage) => {
    const result = await world.outage(stage, 3_000, WITHIN_MS);
    results.push(result);

    expect(result.lost).toBeGreaterThan(0);
    expect(result.missing).toEqual([]);
  },
  240_000,
);

test("an outage at the fan-out that outlasts all deliveries costs nothing, and is explained", async () => {
  const result = await world.outage("fan-out", 25_000, WITHIN_MS);
  results.push(result);

  expect(result.missing).toEqual([]);
  expect(lines.filter((line) => line.includes('"dead-letter"')).length).toBeGreaterThan(0);
}, 240_000);
