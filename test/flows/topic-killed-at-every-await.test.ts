import { expect, test } from "vitest";
import { deleteDefinition } from "../../src/domain/definitions/delete-definition.ts";
import { saveDefinition } from "../../src/domain/definitions/save-definition.ts";
import { bringDeliveries } from "../../src/domain/deliveries/bring-deliveries.ts";
import { fanOut } from "../../src/domain/deliveries/fan-out.ts";
import { settleOwed } from "../../src/domain/deliveries/settle-owed.ts";
import {
  provisionTopic,
  provisionTopics,
} from "../../src/domain/deliveries/topics/provision-topic.ts";
import { isAppError } from "../../src/domain/errors.ts";
import { announceEntries, fileAvailableMessage } from "../../src/domain/ledger/announce-entries.ts";
import type { FileAvailableMessage } from "../../src/domain/ledger/file-available.ts";
import type { Ports } from "../../src/domain/ports.ts";
import { APPLICATION_ID, subscriptionBody } from "../support/definition-bodies.ts";
import { Killed, mortal } from "../support/kill.ts";
import { endsOtherwise, killedAtEach } from "../support/killed-at-each.ts";
import { manualClock } from "../support/manual-clock.ts";
import { type MemoryTopic, memoryTopic } from "../support/memory-topic.ts";
import { storagePorts } from "../support/storage-ports.ts";
import { all, anEntryDraft } from "../support/stored-things.ts";

const TYPE = "Shop.ItemChanges";
const REQUEST = {
  kind: "subscriptions",
  id: "partner",
  condition: "*",
  applicationId: "operator",
} as const;

interface End {
  /** Numbers of published files that the partner's subscription never got. */
  readonly missing: readonly number[];
  readonly rules: number;
  readonly owed: number;
  readonly isRemoved: boolean;
}
const WHOLE: End = { missing: [], rules: 2, owed: 0, isRemoved: true };

/** An operator creates a subscription, changes its filter twice, and deletes it. A file is published before each change. */
const BODIES = [
  { start: "beginning" },
  { start: "beginning", filter: "records gt 0" },
  { start: "beginning", filter: "records ge 1 and mode eq 'incremental'" },
];

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one life, told from its beginning to its end
async function live(
  killAt: number | null,
  sabotage: (ports: Ports) => Ports = (ports) => ports,
): Promise<{ end: End; points: number }> {
  const clock = manualClock("2026-03-01T10:00:00Z");
  const storage = await storagePorts("memory");
  const topic: MemoryTopic = memoryTopic(() => publish());
  const lasting = sabotage({
    ...storage,
    topic,
    clock,
    log: () => undefined,
    connections: { get: () => ({ kind: "postgres", connectionString: "" }) },
    announcements: { send: async (message: FileAvailableMessage) => topic.publish(message) },
    deliveryHints: { send: async () => undefined },
    runQueue: { send: async () => undefined },
  } as unknown as Ports);
  async function publish(): Promise<void> {
    const draft = anEntryDraft({ fileType: TYPE, publishedAt: clock.now() });
    const entry = await storage.ledger.append(draft);
    await announceEntries(lasting, { fileType: TYPE });
    await fanOut(lasting, fileAvailableMessage(entry).body);
  }
  const tick = async (): Promise<void> => {
    clock.advance(300_000);
    await provisionTopics(lasting);
    await settleOwed(lasting);
    for (const queue of await all(storage.ownQueues.all())) {
      const signal = new AbortController().signal;
      await bringDeliveries(lasting, queue.queueId, { mayTryFailing: () => true, signal });
    }
  };
  const { ports, killer } = mortal(lasting, killAt);
  /** Repeats a request until it is answered, as one who meets a dead process does. */
  const request = async (change: (process: Ports) => Promise<unknown>): Promise<void> => {
    const whole = async (process: Ports): Promise<void> => {
      await change(process);
      // any other failure is left to the tick, as the door does
      await provisionTopic(process, "partner").catch((error: unknown) => {
        if (error instanceof Killed) {
          throw error;
        }
      });
    };
    await whole(killer.isDead ? lasting : ports).catch(async (error: unknown) => {
      if (!(error instanceof Killed)) {
        throw error;
      }
      await change(lasting).catch((repeated: unknown) => {
        if (!isAppError(repeated, "definition-not-found")) {
          throw repeated;
        }
      });
    });
  };
  await publish();
  for (const members of BODIES) {
    const via = { kind: "topic", access: "sas" };
    const body = subscriptionBody({ applications: [APPLICATION_ID], via, ...members });
    await request((process) => saveDefinition(process, { ...REQUEST, body }));
    await publish();
  }
  await tick();
  await publish();
  await tick();
  const held = topic.held.get("partner");
  const got = new Set(held?.messages.map(({ body }) => body.properties.sequence));
  const last = await storage.ledger.lastNumber(TYPE);
  const numbers = Array.from({ length: last }, (_, index) => index + 1);
  const rules = held?.rules.size ?? 0;
  await request((process) => deleteDefinition(process, REQUEST));
  await tick();
  const end = {
    missing: numbers.filter((each) => !got.has(each)),
    rules,
    owed: (await storage.subscriptions.topicStates()).length,
    isRemoved: !topic.held.has("partner"),
  };
  return { end, points: killer.points };
}

test("a subscription of the topic gets every file, wherever the process dies that makes, changes or removes it (C34)", async () => {
  const { end, points } = await live(null);
  expect(end).toEqual(WHOLE);
  expect(points).toBeGreaterThan(50);

  for await (const killed of killedAtEach(points, async (killAt) => (await live(killAt)).end)) {
    expect(killed).toEqual({ killAt: killed.killAt, end: WHOLE });
  }
}, 120_000);

test.each<[string, (ports: Ports) => Ports]>([
  [
    "the old rule goes before the new one stands",
    (ports) => ({
      ...ports,
      topic: {
        ...ports.topic,
        addRule: async (name, rule) => {
          for (const old of (await ports.topic.find(name))?.rules.keys() ?? []) {
            await ports.topic.removeRule(name, old);
          }
          await ports.topic.addRule(name, rule);
        },
      },
    }),
  ],
  [
    "files count as live before the rules stand",
    (ports) => ({
      ...ports,
      subscriptions: {
        ...ports.subscriptions,
        replaceTopicState: (state, changes) =>
          ports.subscriptions.replaceTopicState(
            state,
            changes.liveFrom === undefined ? changes : { ...changes, liveFrom: {} },
          ),
      },
    }),
  ],
])(
  "the safeguard is missed when %s",
  async (_, sabotage) => {
    const { points } = await live(null);

    const isMissed = await endsOtherwise(
      WHOLE,
      Math.min(points, 12),
      async (killAt) => (await live(killAt, sabotage)).end,
    );
    expect(isMissed).toBe(true);
  },
  120_000,
);
