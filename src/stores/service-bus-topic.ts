import type { ServiceBusAdministrationClient } from "@azure/service-bus";
import type { PartnerTopic, TopicAccess } from "../domain/deliveries/topics/partner-topic.ts";
import { topicKeys } from "./service-bus-topic-keys.ts";
import { filterOf, ruleOf } from "./service-bus-topic-rules.ts";
import { isMissing, topicChanges } from "./topic-changes.ts";

/** Messages that a partner does not take wait as long as the topic lets them. */
const LOCK_DURATION = "PT1M";
const MAX_DELIVERIES = 10;

export interface TopicOptions {
  readonly access: readonly TopicAccess[];
  readonly namespace: string;
  readonly topic: string;
  /** Whether partners need the words for a broker on this machine in their connection string. */
  readonly isLocal: boolean;
}

/**
 * The topic through its admin API.
 *
 * A change whose answer is lost may have happened, and a repeated one meets "exists" or "not found". So each change is
 * repeated until it is answered, and its result is compared by whoever asked for it.
 */
export function serviceBusTopic(
  admin: ServiceBusAdministrationClient,
  options: TopicOptions,
): PartnerTopic {
  const { topic, access, namespace } = options;
  const change = topicChanges();
  return {
    access,
    namespace,
    name: topic,

    find: async (name) => {
      try {
        const found = await admin.getSubscription(topic, name);
        const rules = new Map();
        for await (const rule of admin.listRules(topic, name)) {
          rules.set(rule.name, ruleOf(rule));
        }
        return { owner: found.userMetadata ?? "", ordered: found.requiresSession, rules };
      } catch (error) {
        if (isMissing(error)) {
          return null;
        }
        throw error;
      }
    },

    create: (name, { owner, ordered, rule }) =>
      change("exists", () =>
        admin.createSubscription(topic, name, {
          requiresSession: ordered,
          userMetadata: owner,
          lockDuration: LOCK_DURATION,
          maxDeliveryCount: MAX_DELIVERIES,
          deadLetteringOnMessageExpiration: true,
          defaultRuleOptions: { name: rule.name, filter: filterOf(rule.rule) },
        }),
      ),

    addRule: (name, { name: ruleName, rule }) =>
      change("exists", () => admin.createRule(topic, name, ruleName, filterOf(rule))),
    removeRule: (name, ruleName) =>
      change("missing", () => admin.deleteRule(topic, name, ruleName)),
    remove: (name) => change("missing", () => admin.deleteSubscription(topic, name)),

    usage: async () => {
      const { maxSizeInMegabytes } = await admin.getTopic(topic);
      const { sizeInBytes = 0 } = await admin.getTopicRuntimeProperties(topic);
      const waiting = new Map<string, number>();
      for await (const each of admin.listSubscriptionsRuntimeProperties(topic)) {
        waiting.set(each.subscriptionName, each.totalMessageCount);
      }
      return { fullness: sizeInBytes / (maxSizeInMegabytes * 2 ** 20), waiting };
    },

    ...topicKeys(admin, options, change),
  };
}
