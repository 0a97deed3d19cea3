import { expect, test } from "vitest";
import { ownRule } from "../../src/domain/deliveries/topics/desired-rules.ts";
import { useTopicBroker } from "../support/topic-broker.ts";

const broker = useTopicBroker();
/** How the admin client shows a time that never comes. */
const NEVER = "P10675199DT2H48M5.4775807S";

test.each([true, false])(
  "a subscription that Waybill makes (ordered: %s) is never removed by the broker, forwards nothing, and has one rule",
  async (ordered) => {
    const name = `settings-${ordered}`;
    const { topic } = await broker.topic(name);
    await topic.create("partner", { owner: "me", ordered, rule: ownRule("partner") });

    const found = await broker.admin.getSubscription(name, "partner");

    expect(found).toMatchObject({
      autoDeleteOnIdle: NEVER,
      requiresSession: ordered,
      userMetadata: "me",
    });
    expect(found.forwardTo ?? null).toBeNull();
    expect(found.forwardDeadLetteredMessagesTo ?? null).toBeNull();
    expect([...((await topic.find("partner"))?.rules.keys() ?? [])]).toEqual(["own"]);
  },
);
