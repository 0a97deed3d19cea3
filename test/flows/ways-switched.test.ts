import { expect, test } from "vitest";
import { replay } from "../../src/domain/deliveries/send-again.ts";
import { settleOwed } from "../../src/domain/deliveries/settle-owed.ts";
import { subscriptionQueues } from "../../src/domain/deliveries/subscription-queues.ts";
import { provisionTopics } from "../../src/domain/deliveries/topics/provision-topic.ts";
import { announceEntries } from "../../src/domain/ledger/announce-entries.ts";
import { APPLICATION_ID, CONNECTOR_ID, connectorBody } from "../support/definition-bodies.ts";
import { memoryTopic } from "../support/memory-topic.ts";
import { newSecret } from "../support/webhook-connection.ts";
import { webhookWorld } from "../support/world/webhooks.ts";
import { define, EVERYTHING } from "../support/world/world.ts";

const MINUTE_MS = 60_000;
const TOPIC = { kind: "topic", access: "sas" } as const;
const CONNECTOR = { kind: "connector", connectorId: CONNECTOR_ID } as const;

async function* content(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("rows");
}

/** A partner whose webhook is down, and another with a topic, while files keep coming. */
async function twoPartners() {
  const topic = memoryTopic();
  const world = await webhookWorld({
    change: () => ({
      topic,
      announcements: { send: async (message) => topic.publish(message) },
    }),
  });
  const { ports, clock } = world;
  world.set("partner", { url: "https://partner.invalid/hook", secrets: [newSecret()] });
  await define(ports, { kind: "connectors", id: CONNECTOR_ID, body: connectorBody() });
  let fileType = "";
  const publish = async (): Promise<void> => {
    const entry = await world.publish();
    fileType = entry.fileType;
    // all of them have one path here
    if ((await ports.files.read(entry.path)) === null) {
      await ports.files.write(entry.path, content(), entry.contentType);
    }
    await announceEntries(ports, { fileType });
  };
  const pass = async (minutes: number): Promise<void> => {
    for (let minute = 0; minute < minutes; minute++) {
      await provisionTopics(ports);
      await settleOwed(ports);
      await world.runUntil(new Date(clock.now().getTime() + MINUTE_MS));
      await world.tick();
    }
  };
  const deliverBy = async (id: string, via: object): Promise<void> => {
    const fileTypes = [(await ports.ledger.fileTypes())[0] ?? ""];
    const body = { fileTypes, applications: [APPLICATION_ID], via };
    await define(ports, { kind: "subscriptions", id, body });
    await provisionTopics(ports);
  };
  const sentTo = (id: string): number[] =>
    topic.held.get(id)?.messages.map(({ body }) => body.properties.sequence) ?? [];
  const atConnector = async (): Promise<number[]> => {
    const { items } = await ports.deliveries.list(CONNECTOR_ID, EVERYTHING);
    return items.map(({ file }) => file.sequence);
  };
  return { world, publish, pass, deliverBy, sentTo, atConnector, fileTypeOf: () => fileType };
}

test("a partner that changes from webhook to topic to connector gets each file, and an operator sees each delivery", async () => {
  const { world, publish, pass, deliverBy, sentTo, atConnector } = await twoPartners();
  await world.subscribe("partner", {});
  for (let file = 0; file < 3; file++) {
    await publish();
    await pass(1);
  }

  await deliverBy("partner", TOPIC);
  for (let file = 0; file < 3; file++) {
    await publish();
    await pass(20);
  }
  const byTopic = sentTo("partner");
  await deliverBy("partner", CONNECTOR);
  for (let file = 0; file < 3; file++) {
    await publish();
    await pass(1);
  }

  const got = new Set([...byTopic, ...(await atConnector())]);
  expect([...got].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(await atConnector()).toEqual(expect.arrayContaining([7, 8, 9]));
  const { queues } = await subscriptionQueues(world.ports, "partner");
  const { items } = await world.ports.deliveries.list(queues, EVERYTHING);
  expect(new Set(items.map(({ file }) => file.sequence)).size).toBe(9);
});

test("files that are sent again to one subscription of the topic reach nobody else", async () => {
  const { world, publish, pass, deliverBy, sentTo, fileTypeOf } = await twoPartners();
  await publish();
  await deliverBy("one", TOPIC);
  await deliverBy("other", TOPIC);
  for (let file = 0; file < 3; file++) {
    await publish();
    await pass(1);
  }
  const before = [sentTo("one"), sentTo("other")];

  const queues = await subscriptionQueues(world.ports, "one");
  expect(await replay(world.ports, queues, { fileType: fileTypeOf(), from: 2, to: 3 })).toEqual({
    count: 2,
    next: null,
  });
  await pass(1);

  expect(before).toEqual([
    [2, 3, 4],
    [2, 3, 4],
  ]);
  expect([sentTo("one"), sentTo("other")]).toEqual([
    [2, 3, 4, 2, 3],
    [2, 3, 4],
  ]);
});

test("a range that is sent again does not stop at a file that is gone", async () => {
  const { world, publish, pass, deliverBy, sentTo, fileTypeOf } = await twoPartners();
  await publish();
  await deliverBy("one", TOPIC);
  await publish();
  await pass(1);
  const [entry] = await world.ports.ledger.listFrom(fileTypeOf(), 2, 1);
  await world.ports.files.delete(entry?.path ?? { container: "", name: "" });

  const queues = await subscriptionQueues(world.ports, "one");
  const range = { fileType: fileTypeOf(), from: 2, to: 9 };
  expect(await replay(world.ports, queues, range)).toEqual({ count: 0, next: null });
  expect(sentTo("one")).toEqual([2]);
});
