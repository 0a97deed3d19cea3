import fc from "fast-check";
import { expect, test } from "vitest";
import { addConsumer, offer } from "../../src/broker/delivery.ts";
import { acceptSession, releaseSession } from "../../src/broker/session.ts";
import { type Outcome, settle } from "../../src/broker/settlement.ts";
import { type Lane, laneOf, type StoredMessage } from "../../src/broker/store.ts";
import {
  aConsumer,
  aMessage,
  aNamespace,
  aQueue,
  LOCK_MS,
  type TestConsumer,
} from "../builders.ts";

/*
 * Whatever happens in whatever order: each message that was sent is in exactly one place, no message is locked twice,
 * and what a session's holder gets for the first time comes in the order it was sent.
 */

const SESSIONS = ["A", "B"];

type Step =
  | { readonly do: "send"; readonly session: number; readonly ttl: number | undefined }
  | { readonly do: "take"; readonly receiver: number; readonly count: number }
  | {
      readonly do: "settle";
      readonly receiver: number;
      readonly which: number;
      readonly how: number;
    }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "leave"; readonly receiver: number };

const receiver = fc.nat({ max: 1 });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("send" as const),
      session: fc.nat({ max: 1 }),
      ttl: fc.constantFrom(undefined, undefined, LOCK_MS / 2, LOCK_MS * 2),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("take" as const),
      receiver,
      count: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("settle" as const),
      receiver,
      which: fc.nat(),
      how: fc.nat({ max: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      ms: fc.constantFrom(1, LOCK_MS / 3, LOCK_MS),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("leave" as const), receiver }) },
);

const OUTCOMES: readonly Outcome[] = [
  { kind: "complete" },
  { kind: "abandon", properties: new Map() },
  { kind: "defer", properties: new Map() },
  { kind: "dead-letter", reason: "r", description: null, properties: new Map() },
];

function aWorld(requiresSession: boolean) {
  const { namespace, clock } = aNamespace({
    queues: [aQueue("q", { requiresSession, deadLetterOnExpiration: true })],
  });
  const store = namespace.store("q");
  const receivers: { consumer: TestConsumer; leave: () => void }[] = [];
  const completed = new Set<number>();
  const delivered = new Set<StoredMessage>();
  let sent = 0;

  const join = (place: number) => {
    const consumer = aConsumer({ wants: 0 });
    const { deliver } = consumer;
    consumer.deliver = (delivery) => {
      delivered.add(delivery.stored);
      deliver(delivery);
    };
    if (requiresSession) {
      const held: { lane: Lane | null } = { lane: null };
      const cancel = acceptSession(store, {
        sessionId: null,
        consumer,
        accepted: (lane) => {
          held.lane = lane;
        },
      });
      const leave = () => {
        cancel();
        if (held.lane !== null) {
          releaseSession(store, held.lane, consumer);
        }
      };
      receivers[place] = { consumer, leave };
    } else {
      receivers[place] = { consumer, leave: addConsumer(store, consumer) };
    }
  };
  join(0);
  join(1);

  return {
    namespace,
    clock,
    store,
    receivers,
    completed,
    join,
    sent: () => sent,
    send: (fields: Record<string, unknown>) => {
      sent += 1;
      namespace.publish("q", [aMessage(fields)]);
    },
    /** The numbers of the messages by session, as they were delivered for the first time. */
    firstDeliveries: () => {
      const byLane: Record<string, number[]> = {};
      for (const { message, sequenceNumber } of delivered) {
        const lane = requiresSession ? (message.system.sessionId ?? "") : "";
        byLane[lane] = [...(byLane[lane] ?? []), sequenceNumber];
      }
      return byLane;
    },
  };
}

type World = ReturnType<typeof aWorld>;

function run(world: World, each: Step): void {
  switch (each.do) {
    case "send":
      world.send({ group_id: SESSIONS[each.session], ttl: each.ttl });
      break;
    case "take":
      take(world, each.receiver, each.count);
      break;
    case "settle":
      settleOne(world, each);
      break;
    case "wait":
      world.clock.advance(each.ms);
      break;
    case "leave":
      world.receivers[each.receiver]?.leave();
      world.join(each.receiver);
      break;
  }
}

function take({ store, receivers }: World, place: number, count: number): void {
  const consumer = receivers[place]?.consumer as TestConsumer;
  consumer.wants = consumer.taken.length + count;
  for (const lane of [...store.lanes.values()]) {
    offer(store, lane);
  }
  consumer.wants = consumer.taken.length;
}

function settleOne(
  { store, receivers, completed }: World,
  { receiver: place, which, how }: Extract<Step, { readonly do: "settle" }>,
): void {
  const taken = receivers[place]?.consumer.taken ?? [];
  const delivery = taken[which % Math.max(taken.length, 1)];
  const outcome = OUTCOMES[how] as Outcome;
  if (delivery === undefined) {
    return;
  }
  const isLocked = store.byLockToken.has(delivery.lockToken);
  const attempt = () => settle(store, delivery.lockToken, outcome);
  if (!isLocked) {
    expect(attempt).toThrow(/lock/);
    return;
  }
  attempt();
  if (outcome.kind === "complete") {
    expect(completed.has(delivery.stored.sequenceNumber)).toBe(false);
    completed.add(delivery.stored.sequenceNumber);
  }
}

function check(world: World): void {
  const { store, namespace, completed } = world;
  const alive = [...store.messages.keys()];
  const dead = [...namespace.store("q/$DeadLetterQueue").messages.keys()];
  const everywhere = [...alive, ...dead, ...completed];
  expect(everywhere.sort((left, right) => left - right)).toEqual(
    Array.from({ length: world.sent() }, (_, index) => index + 1),
  );
  const locked = [...store.messages.values()].filter(({ lock }) => lock !== null);
  expect(new Set(locked.map(({ lock }) => lock?.token)).size).toBe(locked.length);
  expect(store.byLockToken.size).toBe(locked.length);
  const waiting = [...store.messages.values()].filter(
    ({ lock, state }) => lock === null && state === "active",
  );
  for (const stored of waiting) {
    expect(laneOf(store, stored.message.system.sessionId).ready.items).toContain(stored);
  }
  for (const lane of store.lanes.values()) {
    const own = [...store.messages.values()].filter(
      (stored) => laneOf(store, stored.message.system.sessionId) === lane,
    );
    expect(lane.size).toBe(own.length);
  }
}

test.each([[false], [true]])("no message is lost, doubled or stuck (sessions: %s)", (sessions) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const world = aWorld(sessions);
      for (const each of steps) {
        run(world, each);
        check(world);
      }
      for (const numbers of Object.values(world.firstDeliveries())) {
        expect(numbers).toEqual([...numbers].sort((left, right) => left - right));
      }
    }),
    { numRuns: 150 },
  );
});
