import { beforeEach, expect, test } from "vitest";
import { saveDefinition } from "../../../../src/domain/definitions/save-definition.ts";
import { bringDeliveries } from "../../../../src/domain/deliveries/bring-deliveries.ts";
import { fanOut } from "../../../../src/domain/deliveries/fan-out.ts";
import { settleOwed } from "../../../../src/domain/deliveries/settle-owed.ts";
import {
  desiredRules,
  topicSubscriptionName,
} from "../../../../src/domain/deliveries/topics/desired-rules.ts";
import { provisionTopics } from "../../../../src/domain/deliveries/topics/provision-topic.ts";
import { watchTopic } from "../../../../src/domain/deliveries/topics/watch-topic.ts";
import {
  announceEntries,
  fileAvailableMessage,
} from "../../../../src/domain/ledger/announce-entries.ts";
import type { FileAvailableMessage } from "../../../../src/domain/ledger/file-available.ts";
import { APPLICATION_ID, subscriptionBody } from "../../../support/definition-bodies.ts";
import { manualClock } from "../../../support/manual-clock.ts";
import { type MemoryTopic, memoryTopic } from "../../../support/memory-topic.ts";
import { type StoragePorts, storagePorts } from "../../../support/storage-ports.ts";
import { all, anEntryDraft } from "../../../support/stored-things.ts";

const TYPE = "Shop.ItemChanges";
const clock = manualClock("2026-03-01T10:00:00Z");
let storage: StoragePorts;
let topic: MemoryTopic;
let events: string[];

beforeEach(async () => {
  storage = await storagePorts("memory");
  topic = memoryTopic();
  events = [];
});

function ports() {
  return {
    ...storage,
    topic,
    clock,
    log: (event: string) => void events.push(event),
    connections: { get: () => ({ kind: "postgres", connectionString: "" }) as const },
    announcements: { send: async (message: FileAvailableMessage) => topic.publish(message) },
    deliveryHints: { send: async () => undefined },
  };
}

async function subscribe(id: string): Promise<void> {
  const via = { kind: "topic", access: "sas" };
  const body = subscriptionBody({ applications: [APPLICATION_ID], via });
  const request = { kind: "subscriptions", id, condition: "*", applicationId: "o" } as const;
  await saveDefinition(ports(), { ...request, body });
  await provisionTopics(ports());
}

async function publish(): Promise<void> {
  const draft = anEntryDraft({ fileType: TYPE, publishedAt: clock.now() });
  const entry = await storage.ledger.append(draft);
  await announceEntries(ports(), { fileType: TYPE });
  await fanOut(ports(), fileAvailableMessage(entry).body);
}

async function tick(): Promise<void> {
  clock.advance(300_000);
  await watchTopic(ports());
  await provisionTopics(ports());
  await settleOwed(ports());
  for (const { queueId } of await all(storage.ownQueues.all())) {
    const signal = new AbortController().signal;
    await bringDeliveries(ports() as never, queueId, { mayTryFailing: () => true, signal });
  }
}

const numbersOf = (id: string): number[] =>
  topic.held.get(id)?.messages.map(({ body }) => body.properties.sequence) ?? [];

test("a silent reader of a half-full topic is fed no more, the others are, and it gets everything in order later", async () => {
  await subscribe("silent");
  await subscribe("busy");
  await publish();
  await publish();
  topic.held.get("busy")?.messages.splice(0);
  topic.fullness = 0.5;

  await tick();
  topic.fullness = 0.4;
  await publish();
  await publish();
  await tick();

  expect(numbersOf("silent")).toEqual([1, 2]);
  expect(numbersOf("busy")).toEqual([3, 4]);
  expect(events).toContain("topic-reader-silent");

  topic.held.get("silent")?.messages.splice(0);
  await tick();
  await publish();

  expect(numbersOf("silent")).toEqual([3, 4, 5]);
  expect(events).toContain("topic-reader-returned");
});

test("a rule that somebody changed, and a subscription that somebody removed, are made anew", async () => {
  await subscribe("partner");
  const rules = topic.held.get("partner")?.rules;
  const live = [...(rules?.keys() ?? [])].find((name) => name !== "own") ?? "";
  rules?.set(live, { kind: "correlation", properties: { blobType: "Other.Type" } });
  rules?.set("$Default", null);

  await tick();
  await publish();
  expect(numbersOf("partner")).toEqual([1]);
  topic.held.delete("partner");
  await tick();
  await publish();

  expect(numbersOf("partner")).toEqual([2]);
  expect(events.filter((event) => event === "topic-drift")).toHaveLength(2);
});

test("a subscription of that name that is another's is left alone, and the failure says so", async () => {
  topic.held.set("partner", { owner: "", ordered: false, rules: new Map(), messages: [] });

  await expect(subscribe("partner")).rejects.toMatchObject({ code: "topic-name-taken" });

  expect(topic.held.get("partner")?.rules.size).toBe(0);
  const state = await storage.subscriptions.topicState("partner");
  expect(state?.problem).toContain("Waybill did not make");
});

test.each([1, 50, 51, 63])(
  "a subscription whose id has %i characters has a name that the broker takes",
  (length) => {
    const id = "a".repeat(length);
    const name = topicSubscriptionName(id);

    expect(name.length).toBeLessThanOrEqual(50);
    expect(name === id).toBe(length <= 50);
    expect(topicSubscriptionName(`${id.slice(0, -1)}b`)).not.toBe(name);
    const rules = desiredRules(id, {
      enabled: true,
      fileTypes: ["Shop.*"],
      filter: "records gt 5",
    });
    expect(rules.every((rule) => rule.name.length <= 50)).toBe(true);
  },
);

test("a file that could not be announced does not count as sent, and comes when its reader was paused meanwhile", async () => {
  await subscribe("partner");
  const silent = {
    ...ports(),
    announcements: { send: () => Promise.reject(new Error("no answer")) },
  };
  await storage.ledger.append(anEntryDraft({ fileType: TYPE, publishedAt: clock.now() }));
  clock.advance(60_000);
  await expect(settleOwed(silent)).rejects.toThrow("no answer");
  topic.held.get("partner")?.messages.push({} as FileAvailableMessage);
  topic.fullness = 0.5;
  await watchTopic(ports());

  await announceEntries(ports(), { fileType: TYPE });
  topic.held.get("partner")?.messages.splice(0);
  topic.fullness = 0;
  await tick();
  await tick();

  expect(numbersOf("partner")).toEqual([1]);
});
