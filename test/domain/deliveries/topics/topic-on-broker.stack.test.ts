import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { replay } from "../../../../src/domain/deliveries/send-again.ts";
import { subscriptionQueues } from "../../../../src/domain/deliveries/subscription-queues.ts";
import {
  audienceMessage,
  fileAvailableMessage,
} from "../../../../src/domain/ledger/announce-entries.ts";
import { anEntryDraft } from "../../../support/stored-things.ts";
import { useTopicBroker } from "../../../support/topic-broker.ts";
import { topicWorld } from "../../../support/world/topics.ts";

const broker = useTopicBroker();

async function numbersTaken(topic: string, id: string): Promise<number[]> {
  const messages = await broker.taken(topic, id);
  return messages.map(({ body }) => body.properties.sequence).sort((a, b) => a - b);
}

test("a replay arrives as often as it is asked for, within the topic's memory of duplicates; an announcement once", async () => {
  const opened = await broker.topic("replays");
  const world = await topicWorld(opened);
  const { ports, fileType } = world;
  await world.subscribe("partner");
  const entry = await world.publish();
  const replayed = async (): Promise<number[]> => {
    const queues = await subscriptionQueues(ports, "partner");
    const range = { fileType, from: entry.sequence, to: entry.sequence };
    expect(await replay(ports, queues, range)).toEqual({ count: 1, next: null });
    await world.tick();
    return numbersTaken("replays", "partner");
  };

  await opened.announcements.send(fileAvailableMessage(entry));
  await world.tick();
  expect(await numbersTaken("replays", "partner")).toEqual([1]);
  expect(await replayed()).toEqual([1]);
  expect(await replayed()).toEqual([1]);
  await opened.announcements.send(fileAvailableMessage(entry));
  expect(await numbersTaken("replays", "partner")).toEqual([]);
});

test("an attempt whose answer is lost is a duplicate", async () => {
  const opened = await broker.topic("attempts");
  const state = { isLost: false };
  const sent: string[] = [];
  const announcements: typeof opened.announcements = {
    send: async (message) => {
      await opened.announcements.send(message);
      sent.push(message.messageId);
      if (state.isLost) {
        throw new Error("no answer");
      }
    },
  };
  const world = await topicWorld({ ...opened, announcements });
  const id = "a".repeat(63);
  await world.publish();
  await world.subscribe(id, { start: "beginning" });
  state.isLost = true;
  await world.tick();
  state.isLost = false;
  await world.tick();
  await world.tick();

  const name = (await world.ports.subscriptions.topicState(id))?.name ?? "";
  expect(await numbersTaken("attempts", name)).toEqual([1]);
  expect(sent.length).toBeGreaterThan(2);
});

test("the id of the message of a replay is short enough for the broker, whatever the names", async () => {
  const fileType = `Long.${"a".repeat(55)}`;
  const facts = { ...anEntryDraft({ fileType }), sequence: Number.MAX_SAFE_INTEGER };
  const delivery = { subscriptionId: "a".repeat(63), id: randomUUID(), requeues: 9_999 };

  const { messageId } = audienceMessage({ ...facts, deletedAt: null }, delivery);

  expect(messageId.length).toBeLessThanOrEqual(128);
});
