import type { SubscriptionDefinition } from "../../definitions/definitions.ts";
import type { FieldProblem } from "../../errors.ts";
import { type AudiencePorts, topicSubscriptionsOf } from "../audience.ts";
import { desiredRules } from "./desired-rules.ts";

/**
 * Limits of one topic, over all its subscriptions. SQL rules are as limited as subscriptions, and none has two.
 *
 * @see https://learn.microsoft.com/azure/service-bus-messaging/service-bus-quotas
 */
const MAX_SUBSCRIPTIONS = 2_000;
const MAX_CORRELATION_RULES = 100_000;

/** Kept free of each: for the app's own subscription, and for those that others make. */
const KEPT_FREE = 10;

interface Counts {
  readonly subscriptions: number;
  readonly rules: number;
}

/**
 * Refuses a subscription for which the topic has no room, before the broker does. Subscriptions that are still being
 * removed count. Two that are saved at once may both find the last place; the broker then refuses one of them.
 */
export async function roomProblems(
  ports: AudiencePorts,
  subscription: { readonly id: string; readonly body: SubscriptionDefinition },
): Promise<FieldProblem[]> {
  const others = await countOthers(ports, subscription.id);
  const rules = correlationRules(subscription.id, subscription.body);
  if (others.subscriptions + 1 > MAX_SUBSCRIPTIONS - KEPT_FREE) {
    const message = `is not possible: the topic has ${others.subscriptions} subscriptions, and takes no more; delete one, or use a connector or a webhook`;
    return [{ field: "via.kind", message }];
  }
  if (others.rules + rules > MAX_CORRELATION_RULES - KEPT_FREE) {
    const message = `makes ${rules} rules of the topic, and it has room for ${Math.max(0, MAX_CORRELATION_RULES - KEPT_FREE - others.rules)} more; name fewer file types, or how they begin, such as "Shop.*"`;
    return [{ field: "fileTypes", message }];
  }
  return [];
}

async function countOthers(ports: AudiencePorts, id: string): Promise<Counts> {
  const defined = (await topicSubscriptionsOf(ports)).filter((each) => each.id !== id);
  const states = await ports.subscriptions.topicStates();
  const ids = new Set([
    ...defined.map((each) => each.id),
    ...states.map(({ subscriptionId }) => subscriptionId),
  ]);
  ids.delete(id);
  const rules = defined.reduce((sum, each) => sum + correlationRules(each.id, each.body), 0);
  return { subscriptions: ids.size, rules };
}

function correlationRules(id: string, body: SubscriptionDefinition): number {
  try {
    const rules = desiredRules(id, { ...body, enabled: true });
    return rules.filter(({ rule }) => rule.kind === "correlation").length;
  } catch {
    // a subscription without rules is the problem of whoever saves it
    return 0;
  }
}
