import type { QueueConfig, SubscriptionConfig, TopicConfig } from "../broker/types.ts";
import { formatDuration } from "../config/duration.ts";
import { authorizationRulesElement, readAuthorizationRules } from "./atom-authorization.ts";
import {
  countDetails,
  type Form,
  forwardElements,
  messageCount,
  metadata,
  readCommon,
  readDeduplicating,
  readReceivable,
  type Site,
  setting,
  times,
} from "./atom-form.ts";
import { readRule } from "./atom-rule.ts";
import { flagSetting, type PassiveName, passiveElement } from "./atom-settings.ts";
import { childOf, element } from "./atom-xml.ts";

const QUEUE_PASSIVE: readonly PassiveName[] = [
  "MaxSizeInMegabytes",
  "EnableBatchedOperations",
  "AutoDeleteOnIdle",
  "EnablePartitioning",
  "EntityAvailabilityStatus",
  "EnableExpress",
  "MaxMessageSizeInKilobytes",
];
const TOPIC_PASSIVE: readonly PassiveName[] = [...QUEUE_PASSIVE, "SupportOrdering"];
const SUBSCRIPTION_PASSIVE: readonly PassiveName[] = [
  "EnableBatchedOperations",
  "AutoDeleteOnIdle",
  "EntityAvailabilityStatus",
];

/** @see https://learn.microsoft.com/rest/api/servicebus/queues */
export function queueForm(site: Site): Form<QueueConfig> {
  return {
    element: "QueueDescription",
    read: (description, name) => ({
      name,
      ...readCommon(description, QUEUE_PASSIVE),
      ...readReceivable(description, site),
      ...readDeduplicating(description),
      authorizationRules: readAuthorizationRules(description),
    }),
    write: ({ config, runtime }) => [
      element("LockDuration", formatDuration(config.lockDurationMs)),
      passiveElement(config.passive, "MaxSizeInMegabytes"),
      setting("RequiresDuplicateDetection", config.requiresDuplicateDetection),
      setting("RequiresSession", config.requiresSession),
      element("DefaultMessageTimeToLive", formatDuration(config.defaultTimeToLiveMs)),
      setting("DeadLetteringOnMessageExpiration", config.deadLetterOnExpiration),
      element(
        "DuplicateDetectionHistoryTimeWindow",
        formatDuration(config.duplicateDetectionWindowMs),
      ),
      setting("MaxDeliveryCount", config.maxDeliveryCount),
      passiveElement(config.passive, "EnableBatchedOperations"),
      setting("SizeInBytes", runtime.sizeBytes),
      messageCount(runtime),
      setting("IsAnonymousAccessible", false),
      authorizationRulesElement(config.authorizationRules),
      element("Status", config.status),
      ...forwardElements("ForwardTo", config.forwardTo, site),
      ...metadata(config.userMetadata),
      ...times(runtime),
      countDetails(runtime),
      passiveElement(config.passive, "AutoDeleteOnIdle"),
      passiveElement(config.passive, "EnablePartitioning"),
      ...forwardElements("ForwardDeadLetteredMessagesTo", config.forwardDeadLetteredTo, site),
      passiveElement(config.passive, "EntityAvailabilityStatus"),
      passiveElement(config.passive, "EnableExpress"),
      passiveElement(config.passive, "MaxMessageSizeInKilobytes"),
    ],
  };
}

/** @see https://learn.microsoft.com/rest/api/servicebus/topics */
export function topicForm(): Form<TopicConfig> {
  return {
    element: "TopicDescription",
    read: (description, name) => ({
      name,
      ...readCommon(description, TOPIC_PASSIVE),
      ...readDeduplicating(description),
      authorizationRules: readAuthorizationRules(description),
      subscriptions: [],
    }),
    write: ({ config, runtime }) => [
      element("DefaultMessageTimeToLive", formatDuration(config.defaultTimeToLiveMs)),
      passiveElement(config.passive, "MaxSizeInMegabytes"),
      setting("RequiresDuplicateDetection", config.requiresDuplicateDetection),
      element(
        "DuplicateDetectionHistoryTimeWindow",
        formatDuration(config.duplicateDetectionWindowMs),
      ),
      passiveElement(config.passive, "EnableBatchedOperations"),
      setting("SizeInBytes", runtime.sizeBytes),
      setting("FilteringMessagesBeforePublishing", false),
      setting("IsAnonymousAccessible", false),
      authorizationRulesElement(config.authorizationRules),
      element("Status", config.status),
      ...metadata(config.userMetadata),
      ...times(runtime),
      passiveElement(config.passive, "SupportOrdering"),
      countDetails(runtime),
      setting("SubscriptionCount", runtime.subscriptionCount),
      setting("SqlFilterCount", runtime.filterCounts.sql),
      setting("CorrelationFilterCount", runtime.filterCounts.correlation),
      passiveElement(config.passive, "AutoDeleteOnIdle"),
      passiveElement(config.passive, "EnablePartitioning"),
      passiveElement(config.passive, "EntityAvailabilityStatus"),
      passiveElement(config.passive, "EnableExpress"),
      passiveElement(config.passive, "MaxMessageSizeInKilobytes"),
    ],
  };
}

/** @see https://learn.microsoft.com/rest/api/servicebus/subscriptions */
export function subscriptionForm(site: Site): Form<SubscriptionConfig> {
  return {
    element: "SubscriptionDescription",
    read: (description, name) => {
      const defaultRule = childOf(description, "DefaultRuleDescription");
      return {
        name,
        ...readCommon(description, SUBSCRIPTION_PASSIVE),
        ...readReceivable(description, site),
        deadLetterOnFilterError: flagSetting(
          description,
          "DeadLetteringOnFilterEvaluationExceptions",
          true,
        ),
        rules: defaultRule === null ? [] : [readRule(defaultRule, "$Default")],
      };
    },
    write: ({ config, runtime }) => [
      element("LockDuration", formatDuration(config.lockDurationMs)),
      setting("RequiresSession", config.requiresSession),
      element("DefaultMessageTimeToLive", formatDuration(config.defaultTimeToLiveMs)),
      setting("DeadLetteringOnMessageExpiration", config.deadLetterOnExpiration),
      setting("DeadLetteringOnFilterEvaluationExceptions", config.deadLetterOnFilterError),
      messageCount(runtime),
      setting("MaxDeliveryCount", config.maxDeliveryCount),
      passiveElement(config.passive, "EnableBatchedOperations"),
      element("Status", config.status),
      ...forwardElements("ForwardTo", config.forwardTo, site),
      ...times(runtime),
      ...metadata(config.userMetadata),
      countDetails(runtime),
      ...forwardElements("ForwardDeadLetteredMessagesTo", config.forwardDeadLetteredTo, site),
      passiveElement(config.passive, "AutoDeleteOnIdle"),
      passiveElement(config.passive, "EntityAvailabilityStatus"),
    ],
  };
}
