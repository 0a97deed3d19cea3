import { expect, test } from "vitest";
import type { Deliveries } from "../../../src/domain/deliveries/deliveries.ts";
import type { Delivery } from "../../../src/domain/deliveries/delivery.ts";
import { dequeueDeliveries } from "../../../src/domain/deliveries/dequeue-deliveries.ts";
import { randomIds } from "../../../src/stores/random-ids.ts";
import { dequeueOne } from "../../support/dequeue-one.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { aDelivery } from "../../support/stored-things.ts";

const CONNECTOR = { leaseSeconds: 60, ordered: false };
const { queueId } = aDelivery();
const WAITING = Array.from({ length: 40 }, (_, index) => aDelivery({ queueId }, index + 1));

/** A queue in which others take these deliveries between the look and the dequeue. */
function contested(theirs: readonly number[][]) {
  const gone = new Set<number>();
  const calls: string[] = [];
  let looks = 0;
  const isFree = ({ file }: Delivery): boolean => !gone.has(file.sequence);
  const deliveries: Pick<Deliveries, "ready" | "replace" | "replaceAll"> = {
    ready: async (_, { limit }) => {
      calls.push(`look ${limit}`);
      const seen = WAITING.filter(isFree).slice(0, limit);
      for (const sequence of theirs[looks++] ?? []) {
        gone.add(sequence);
      }
      return seen;
    },
    replace: async (before) => {
      calls.push("one");
      const free = isFree(before);
      gone.add(before.file.sequence);
      return free;
    },
    replaceAll: async (changes) => {
      calls.push(`all ${changes.length}`);
      const free = changes.every(({ before }) => isFree(before));
      for (const { before } of free ? changes : []) {
        gone.add(before.file.sequence);
      }
      return free;
    },
  };
  const clock = manualClock("2026-03-01T11:00:00Z");
  const ports = { deliveries: deliveries as Deliveries, ids: randomIds, clock };
  return { calls, ports };
}

const sequences = (taken: readonly { delivery: Delivery }[]): number[] =>
  taken.map(({ delivery }) => delivery.file.sequence);

test("several deliveries are taken together, oldest first, each with a receipt of its own", async () => {
  const { calls, ports } = contested([]);

  const taken = await dequeueDeliveries(ports, { queueId, connector: CONNECTOR, max: 3 });

  expect(sequences(taken)).toEqual([1, 2, 3]);
  expect(new Set(taken.map(({ receipt }) => receipt)).size).toBe(3);
  expect(calls).toEqual(["look 32", "all 3"]);
});

test("33 are looked for when 33 are asked for", async () => {
  const { calls, ports } = contested([]);

  const taken = await dequeueDeliveries(ports, { queueId, connector: CONNECTOR, max: 33 });

  expect(taken).toHaveLength(33);
  expect(calls).toEqual(["look 33", "all 33"]);
});

test("when somebody took one of them, the others are taken one by one", async () => {
  const { calls, ports } = contested([[2], [4]]);

  const taken = await dequeueDeliveries(ports, { queueId, connector: CONNECTOR, max: 33 });

  expect(taken).toHaveLength(32);
  expect(sequences(taken)).not.toContain(2);
  expect(sequences(taken)).not.toContain(4);
  expect(calls.slice(0, 3)).toEqual(["look 33", "all 33", "look 33"]);
});

test("one that is lost is looked for anew", async () => {
  const { ports } = contested([[1]]);

  const taken = await dequeueOne(ports, { queueId, connector: CONNECTOR });

  expect(taken?.delivery.file.sequence).toBeGreaterThan(1);
});

test("a queue that others empty under the hands is empty", async () => {
  const everything = WAITING.map(({ file }) => file.sequence);
  const { calls, ports } = contested([everything]);

  expect(await dequeueDeliveries(ports, { queueId, connector: CONNECTOR, max: 5 })).toEqual([]);
  expect(calls).toEqual(["look 32", "all 5", "look 32"]);
});

test("after five lost rounds the queue is left to those who win", async () => {
  const { ports } = contested([]);
  let looks = 0;
  const deliveries: Deliveries = {
    ...ports.deliveries,
    ready: async () => {
      looks++;
      return WAITING.slice(0, 2);
    },
    replace: async () => false,
    replaceAll: async () => false,
  };

  const input = { queueId, connector: CONNECTOR, max: 2 };
  expect(await dequeueDeliveries({ ...ports, deliveries }, input)).toEqual([]);
  expect(looks).toBe(5);
});
