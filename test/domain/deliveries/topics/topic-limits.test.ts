import { beforeAll, expect, test } from "vitest";
import { APPLICATION_ID, subscriptionBody } from "../../../support/definition-bodies.ts";
import { memoryTopic } from "../../../support/memory-topic.ts";
import { type TopicWorld, topicWorld } from "../../../support/world/topics.ts";
import { define } from "../../../support/world/world.ts";

/** A topic holds 2,000 subscriptions and 100,000 correlation rules; ten of each are kept free. */
const SUBSCRIPTIONS = 1_990;
const RULES = 99_990;
const TYPES = Array.from({ length: 99 }, (_, index) => `Shop.Type${index}`);
/** The rules of a subscription with so many file types, and the one for messages to it alone. */
const RULES_OF_EACH = TYPES.length + 1;

let full: TopicWorld;

async function aWorld(count: number, fileTypes: readonly string[]): Promise<TopicWorld> {
  const world = await topicWorld({
    topic: memoryTopic(),
    announcements: { send: async () => undefined },
  });
  const via = { kind: "topic", access: "sas" };
  const body = subscriptionBody({ fileTypes, applications: [APPLICATION_ID], via });
  for (let index = 0; index < count; index++) {
    await define(world.ports, { kind: "subscriptions", id: `other${index}`, body });
  }
  return world;
}

beforeAll(async () => {
  full = await aWorld(SUBSCRIPTIONS - 1, ["Shop.*"]);
});

test("a subscription that the topic has no place for is refused with a sentence; one that has its place is not", async () => {
  await full.save("last");

  await expect(full.save("one-more")).rejects.toThrow(
    `via.kind is not possible: the topic has ${SUBSCRIPTIONS} subscriptions, and takes no more; delete one, or use a connector or a webhook`,
  );
  await full.save("last", { filter: "records gt 5" });
});

test("file types that the topic has no rules for are refused with a sentence", async () => {
  const world = await aWorld(Math.floor(RULES / RULES_OF_EACH), TYPES);
  const left = RULES % RULES_OF_EACH;

  await expect(world.save("more", { fileTypes: TYPES })).rejects.toThrow(
    `fileTypes makes ${RULES_OF_EACH} rules of the topic, and it has room for ${left} more; name fewer file types, or how they begin, such as "Shop.*"`,
  );
  await world.save("more", { fileTypes: ["Shop.*"] });
});
