import { expect, test } from "vitest";
import { bringDeliveries } from "../../../src/domain/deliveries/bring-deliveries.ts";
import { hintDue } from "../../../src/domain/deliveries/hint-due.ts";
import { ownQueueOf } from "../../../src/domain/deliveries/queue-id.ts";
import { deliverToOwnQueue } from "../../../src/domain/deliveries/ways/own-queue.ts";
import type { LedgerEntry } from "../../../src/domain/ledger/ledger-entry.ts";
import { CONNECTOR_ID, connectorBody, subscriptionBody } from "../../support/definition-bodies.ts";
import { anEntryDraft } from "../../support/stored-things.ts";
import { define, EVERYTHING, makeWorld, type World } from "../../support/world/world.ts";

const RECEIVER = { id: "partner", incarnation: "one", via: null };
const QUEUE = ownQueueOf(RECEIVER);
const LIMITS = { mayTryFailing: () => true, signal: new AbortController().signal };

async function aWorld(): Promise<World & { publish(): Promise<LedgerEntry> }> {
  const world = await makeWorld();
  await define(world.ports, { kind: "connectors", id: CONNECTOR_ID, body: connectorBody() });
  await save(world, {});
  const fileType = anEntryDraft().fileType;
  const publish = () => world.ports.ledger.append(anEntryDraft({ fileType }));
  return { ...world, publish };
}

async function save({ ports }: World, members: object, incarnation = "one"): Promise<void> {
  const body = subscriptionBody(members);
  await define(ports, { kind: "subscriptions", id: "partner", body, incarnation });
}

async function statesIn({ ports }: World, queueId: string): Promise<string[]> {
  const { items } = await ports.deliveries.list(queueId, EVERYTHING);
  return items.map(({ state }) => state);
}

test("what waits in a subscription's own queue comes to its connector, and the note ends", async () => {
  const world = await aWorld();
  await deliverToOwnQueue(world.ports, RECEIVER, await world.publish());
  await deliverToOwnQueue(world.ports, RECEIVER, await world.publish());
  expect(await world.ports.ownQueues.find(QUEUE)).toMatchObject({ failures: 0, stopped: null });

  expect(await bringDeliveries(world.ports, QUEUE, LIMITS)).toBe(2);

  expect(await statesIn(world, QUEUE)).toEqual(["acked", "acked"]);
  expect(await statesIn(world, CONNECTOR_ID)).toEqual(["enqueued", "enqueued"]);
  expect(await world.ports.ownQueues.find(QUEUE)).toBeNull();
});

test("each delivery names the file before it, and records each attempt", async () => {
  const world = await aWorld();
  for (let file = 0; file < 3; file++) {
    await deliverToOwnQueue(world.ports, RECEIVER, await world.publish());
  }
  await bringDeliveries(world.ports, QUEUE, LIMITS);

  const { items } = await world.ports.deliveries.list(QUEUE, EVERYTHING);
  const numbers = items.map(({ file, previousSequence }) => [previousSequence, file.sequence]);
  expect(numbers.sort()).toEqual([
    [null, 1],
    [1, 2],
    [2, 3],
  ]);
  const attempts = await Promise.all(items.map((item) => world.ports.deliveries.attempts(item)));
  expect(attempts.map((each) => each.map(({ failure }) => failure))).toEqual([
    [null],
    [null],
    [null],
  ]);
});

test("a disabled subscription keeps its files, and gets them when it is enabled", async () => {
  const world = await aWorld();
  await deliverToOwnQueue(world.ports, RECEIVER, await world.publish());
  await save(world, { enabled: false });

  expect(await bringDeliveries(world.ports, QUEUE, LIMITS)).toBe(0);
  expect(await statesIn(world, QUEUE)).toEqual(["enqueued"]);
  expect(await world.ports.ownQueues.find(QUEUE)).not.toBeNull();

  await save(world, { enabled: true });
  expect(await bringDeliveries(world.ports, QUEUE, LIMITS)).toBe(1);
  expect(await statesIn(world, QUEUE)).toEqual(["acked"]);
});

test("a subscription that was created again is not brought the files of its earlier life", async () => {
  const world = await aWorld();
  await deliverToOwnQueue(world.ports, RECEIVER, await world.publish());
  await save(world, {}, "two");

  expect(await bringDeliveries(world.ports, QUEUE, LIMITS)).toBe(0);
  expect(await statesIn(world, CONNECTOR_ID)).toEqual([]);
  expect(await world.ports.ownQueues.find(QUEUE)).toBeNull();
});

test("a file that comes while the queue is found empty keeps its note", async () => {
  const world = await aWorld();
  await deliverToOwnQueue(world.ports, RECEIVER, await world.publish());
  const { ports } = world;
  let isFirst = true;
  const end: typeof ports.ownQueues.end = async (queue) => {
    if (isFirst) {
      isFirst = false;
      await deliverToOwnQueue(ports, RECEIVER, await world.publish());
    }
    return ports.ownQueues.end(queue);
  };

  const interrupted = { ...ports, ownQueues: { ...ports.ownQueues, end } };
  expect(await bringDeliveries(interrupted, QUEUE, LIMITS)).toBe(2);

  expect(await statesIn(world, QUEUE)).toEqual(["acked", "acked"]);
});

test("a lost hint is made up for by a tick, and no other is sent", async () => {
  const world = await aWorld();
  const hints: string[] = [];
  const deliveryHints = { send: async (queueId: string) => void hints.push(queueId) };
  const ports = { ...world.ports, deliveryHints };
  await deliverToOwnQueue(world.ports, RECEIVER, await world.publish());

  expect(await hintDue(ports)).toBe(0);
  world.clock.advance(30_000);
  expect([await hintDue(ports), hints]).toEqual([1, [QUEUE]]);
});
