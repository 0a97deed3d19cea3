import { expect, test } from "vitest";
import type { Ports } from "../../src/domain/ports.ts";
import { endsOtherwise, killedAtEach } from "../support/killed-at-each.ts";
import { livePackages, ORDER_IDS } from "../support/lives.ts";
import { type Orderer, type OrdererOutcome, orderer } from "../support/world/orderer.ts";
import { makeWorld } from "../support/world/world.ts";

async function aWorld(killAt: number | null, sabotage?: (ports: Ports) => Ports): Promise<Orderer> {
  return orderer(await makeWorld({ killAt, change: sabotage }));
}

test("a process killed at any await of an order, its run or a reset leaves what one that was never killed leaves", async () => {
  const undisturbed = await aWorld(null);
  const expected = await livePackages(undisturbed);
  expect(expected).toMatchObject({
    packages: [
      "Succeeded true id,value\r\na,1\r\nb,2\r\nc,3\r\n",
      "Succeeded true id,value\r\nb,20\r\n",
      "Succeeded true id,value\r\na,1\r\nb,20\r\nc,3\r\n",
    ],
    ...{ runs: 3, unfinishedRuns: 0, strayFiles: 0, exportCursor: null },
  });
  const { points } = undisturbed.killer;

  const liveAndDie = async (killAt: number) => livePackages(await aWorld(killAt));
  for await (const { end, killAt } of killedAtEach(points, liveAndDie)) {
    expect(end, `killed at point ${killAt} of ${points}`).toEqual(expected);
  }

  process.stdout.write(`packages, kill at every await: ${points} points tried\n`);
}, 600_000);

/** Orders whose packages need two invocations each. */
async function liveLong(killAt: number | null): Promise<[OrdererOutcome, number]> {
  const world = await orderer(await makeWorld({ killAt }), AbortSignal.abort());
  for (const id of ["a", "b", "c"]) {
    world.table.set(id, 1);
  }
  await world.exported(ORDER_IDS[0]);
  world.table.set("b", 20);
  await world.exported(ORDER_IDS[1]);
  return [await world.outcome(ORDER_IDS.slice(0, 2)), world.killer.points];
}

test("orders that go on in several invocations, killed at any await, leave what those that were never killed leave", async () => {
  const [expected, points] = await liveLong(null);
  expect(expected).toMatchObject({
    packages: [
      "Succeeded true id,value\r\na,1\r\nb,1\r\nc,1\r\n",
      "Succeeded true id,value\r\nb,20\r\n",
    ],
    ...{ runs: 2, unfinishedRuns: 0, strayFiles: 0, exportCursor: null },
  });

  const liveAndDie = async (killAt: number) => (await liveLong(killAt))[0];
  for await (const { end, killAt } of killedAtEach(points, liveAndDie)) {
    expect(end, `killed at point ${killAt} of ${points}`).toEqual(expected);
  }

  process.stdout.write(`long packages, kill at every await: ${points} points tried\n`);
}, 600_000);

/** Each takes one safeguard out; the comparison above must notice. */
const SABOTAGE: Record<string, (ports: Ports) => Ports> = {
  "the claim of an execution id": (ports) => ({
    ...ports,
    executions: { ...ports.executions, claim: async (execution) => execution },
  }),
  "sending again what was queued and never begun": (ports) => ({
    ...ports,
    // only the first message of a run arrives
    runQueue: {
      send: async (request) =>
        "revision" in request && request.revision === 0 ? ports.runQueue.send(request) : undefined,
    },
  }),
  "noting the file before it is written (C15)": (ports) => ({
    ...ports,
    runs: {
      ...ports.runs,
      update: (run, options) => ports.runs.update({ ...run, written: [] }, options),
    },
  }),
  "one transaction for the cursor and the end of the run (C19)": (ports) => ({
    ...ports,
    runs: { ...ports.runs, finish: (run) => ports.runs.finish(run, null) },
  }),
};

test.each(Object.entries(SABOTAGE))(
  "the comparison notices that %s is missing",
  async (_, sabotage) => {
    const undisturbed = await aWorld(null);
    const expected = await livePackages(undisturbed);
    const withIds = { ...expected, packageCursor: null };

    const liveAndDie = async (killAt: number | null) => {
      const outcome = await livePackages(await aWorld(killAt, sabotage)).catch(() => null);
      return outcome && { ...outcome, packageCursor: null };
    };
    expect(await endsOtherwise(withIds, undisturbed.killer.points, liveAndDie)).toBe(true);
  },
  600_000,
);
