import { editMessage } from "../message/edit.ts";
import { annotationOf, type Message } from "../message/message.ts";
import { deposit } from "./deposit.ts";
import type { RuleEntity, SubscriptionEntity, Surroundings, TopicEntity } from "./entity.ts";
import { type Inbound, numberMessage, originOf } from "./intake.ts";
import type { StoredMessage } from "./store.ts";
import type { AmqpValue, FilterableMessage } from "./types.ts";

/** The last instant that a Date can name. */
const MAX_DATE_MS = 8.64e15;

/**
 * Gives every subscription the copies that its rules ask for.
 *
 * @returns the message's sequence number in the topic
 */
export function fanOut(around: Surroundings, topic: TopicEntity, inbound: Inbound): number {
  const message = withTimeToLive(inbound.message, topic.config.defaultTimeToLiveMs);
  const stored = numberMessage(topic.store, { ...inbound, message });
  const filterable = asFilterable(stored);
  for (const subscription of topic.subscriptions.values()) {
    for (const copy of copiesFor(subscription, message, filterable)) {
      deposit(around, subscription, {
        ...inbound,
        message: copy,
        enqueuedSequenceNumber: originOf(stored),
      });
    }
  }
  return stored.sequenceNumber;
}

/** All rules without an action make one copy together; each rule with an action makes its own copy. */
function copiesFor(
  subscription: SubscriptionEntity,
  message: Message,
  filterable: FilterableMessage,
): Message[] {
  const matching = [...subscription.rules.values()].filter((rule) => rule.matches(filterable));
  const acting = matching.filter((rule) => rule.act !== null);
  const copies = acting.map((rule) => actedOn(message, filterable, rule));
  return acting.length < matching.length ? [message, ...copies] : copies;
}

function actedOn(message: Message, filterable: FilterableMessage, rule: RuleEntity): Message {
  const edits = rule.act?.(filterable) ?? { system: {}, applicationProperties: new Map() };
  const applicationProperties = new Map<string, AmqpValue | null>(edits.applicationProperties);
  applicationProperties.set("RuleName", { type: "string", value: rule.config.name });
  return editMessage(message, { system: edits.system, applicationProperties });
}

function withTimeToLive(message: Message, maxMs: number | null): Message {
  return maxMs === null || (message.timeToLiveMs !== null && message.timeToLiveMs <= maxMs)
    ? message
    : { ...message, timeToLiveMs: maxMs };
}

function asFilterable(stored: StoredMessage): FilterableMessage {
  const { message, enqueuedAtMs, sequenceNumber } = stored;
  const { timeToLiveMs, scheduledEnqueueAtMs } = message;
  return {
    system: message.system,
    applicationProperties: message.applicationProperties,
    enqueuedAt: new Date(enqueuedAtMs),
    sequenceNumber,
    timeToLiveMs,
    expiresAt:
      timeToLiveMs === null ? null : new Date(Math.min(enqueuedAtMs + timeToLiveMs, MAX_DATE_MS)),
    scheduledEnqueueAt: scheduledEnqueueAtMs === null ? null : new Date(scheduledEnqueueAtMs),
    partitionKey: annotationOf(message, "x-opt-partition-key"),
    viaPartitionKey: annotationOf(message, "x-opt-via-partition-key"),
    enqueuedSequenceNumber: stored.enqueuedSequenceNumber,
    deadLetterSource: stored.deadLetterSource,
    sizeBytes: message.sizeBytes,
    durable: message.durable,
  };
}
