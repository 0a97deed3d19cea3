import { expect, test } from "vitest";
import { bringDeliveries } from "../../src/domain/deliveries/bring-deliveries.ts";
import { hintDue } from "../../src/domain/deliveries/hint-due.ts";
import { ownQueueOf } from "../../src/domain/deliveries/queue-id.ts";
import { deliverToOwnQueue } from "../../src/domain/deliveries/ways/own-queue.ts";
import type { Ports } from "../../src/domain/ports.ts";
import { CONNECTOR_ID, connectorBody, subscriptionBody } from "../support/definition-bodies.ts";
import { endsOtherwise, killedAtEach } from "../support/killed-at-each.ts";
import { anEntryDraft } from "../support/stored-things.ts";
import { define, EVERYTHING, makeWorld } from "../support/world/world.ts";

const RECEIVER = { id: "partner", incarnation: "one", via: null };
const QUEUE = ownQueueOf(RECEIVER);
const LIMITS = { mayTryFailing: () => true, signal: new AbortController().signal };
const FILES = 3;

/** Files come into the queue of a subscription that now delivers to a connector, and are brought. */
async function live(
  killAt: number | null,
  sabotage?: (ports: Ports) => Ports,
): Promise<{ outcome: unknown; points: number }> {
  const world = await makeWorld({ killAt, change: sabotage });
  const { ports, clock, survive } = world;
  const entries = [];
  const fileType = anEntryDraft().fileType;
  await define(ports, { kind: "connectors", id: CONNECTOR_ID, body: connectorBody() });
  const body = subscriptionBody();
  await define(ports, { kind: "subscriptions", id: "partner", body, incarnation: "one" });
  for (let file = 0; file < FILES; file++) {
    entries.push(await ports.ledger.append(anEntryDraft({ fileType })));
  }
  for (const entry of entries) {
    // a fan-out that ended early is repeated
    await survive((alive) => deliverToOwnQueue(alive, RECEIVER, entry));
  }
  await survive((alive) => bringDeliveries(alive, QUEUE, LIMITS));
  for (let tick = 0; tick < 5; tick++) {
    clock.advance(60_000);
    const hints: string[] = [];
    const deliveryHints = { send: async (queueId: string) => void hints.push(queueId) };
    await survive((alive) => hintDue({ ...alive, deliveryHints }));
    for (const queueId of hints) {
      await survive((alive) => bringDeliveries(alive, queueId, LIMITS));
    }
  }
  const statesIn = async (queueId: string): Promise<string[]> =>
    (await ports.deliveries.list(queueId, EVERYTHING)).items.map(({ state }) => state);
  const outcome = {
    own: await statesIn(QUEUE),
    connector: await statesIn(CONNECTOR_ID),
    note: await ports.ownQueues.find(QUEUE),
  };
  return { outcome, points: world.killer.points };
}

test("a process killed at any await of bringing files leaves what one that was never killed leaves (C30, C31, C32)", async () => {
  const { outcome: expected, points } = await live(null);
  expect(expected).toEqual({
    own: ["acked", "acked", "acked"],
    connector: ["enqueued", "enqueued", "enqueued"],
    note: null,
  });

  for await (const { end, killAt } of killedAtEach(points, live)) {
    expect(end.outcome, `killed at point ${killAt} of ${points}`).toEqual(expected);
  }

  process.stdout.write(`kill at every await of bringing files: ${points} points tried\n`);
});

/** Each takes one safeguard out; the comparison above must notice. */
const SABOTAGE: Record<string, (ports: Ports) => Ports> = {
  "that a note stands for what waits": (ports) => ({
    ...ports,
    ownQueues: { ...ports.ownQueues, noteDue: async () => undefined },
  }),
  "that the end of a lease lets others take it": (ports) => ({
    ...ports,
    deliveries: {
      ...ports.deliveries,
      ready: async (queueId, request) =>
        (await ports.deliveries.ready(queueId, request)).filter(
          ({ state }) => state === "enqueued",
        ),
    },
  }),
};

test.each(Object.entries(SABOTAGE))(
  "without the safeguard %s, a kill is seen",
  async (_, change) => {
    const { outcome: expected, points } = await live(null);
    const outcomeOf = async (killAt: number | null) => (await live(killAt, change)).outcome;

    expect(await endsOtherwise(expected, points, outcomeOf)).toBe(true);
  },
);
