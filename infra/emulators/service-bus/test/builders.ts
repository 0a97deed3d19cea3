import rhea from "rhea";
import { EMULATOR_RULE } from "../src/authorization/rule.ts";
import { createNamespace } from "../src/broker/namespace.ts";
import type { Consumer, Delivery } from "../src/broker/store.ts";
import type {
  AccessRight,
  AuthorizationRule,
  NamespaceConfig,
  QueueConfig,
  RuleConfig,
  SubscriptionConfig,
  TopicConfig,
} from "../src/broker/types.ts";
import { manualClock } from "../src/clock.ts";
import { type Message, parseMessage } from "../src/message/message.ts";

export const LOCK_MS = 60_000;

const ENTITY = {
  status: "Active",
  defaultTimeToLiveMs: null,
  userMetadata: "",
  passive: {},
} as const;

const RECEIVABLE = {
  lockDurationMs: LOCK_MS,
  maxDeliveryCount: 3,
  requiresSession: false,
  deadLetterOnExpiration: false,
  forwardTo: null,
  forwardDeadLetteredTo: null,
};

const DEDUPLICATING = { requiresDuplicateDetection: false, duplicateDetectionWindowMs: 20_000 };

export function aQueue(name: string, over: Partial<QueueConfig> = {}): QueueConfig {
  return { ...ENTITY, ...RECEIVABLE, ...DEDUPLICATING, authorizationRules: [], name, ...over };
}

export function aSubscription(
  name: string,
  over: Partial<SubscriptionConfig> = {},
): SubscriptionConfig {
  return { ...ENTITY, ...RECEIVABLE, name, deadLetterOnFilterError: false, rules: [], ...over };
}

export function aTopic(name: string, over: Partial<TopicConfig> = {}): TopicConfig {
  const own = { authorizationRules: [], subscriptions: [] };
  return { ...ENTITY, ...DEDUPLICATING, ...own, name, ...over };
}

export function aRule(name: string, over: Partial<RuleConfig> = {}): RuleConfig {
  return { name, filter: { kind: "true" }, action: null, ...over };
}

/** An authorization rule, with keys made of its name. */
export function aRight(name: string, rights: readonly AccessRight[]): AuthorizationRule {
  return { name, rights, primaryKey: `${name}-primary`, secondaryKey: `${name}-secondary` };
}

export function aNamespaceConfig(over: Partial<NamespaceConfig> = {}): NamespaceConfig {
  const name = "sbemulatorns";
  return { name, authorizationRules: [EMULATOR_RULE], queues: [], topics: [], ...over };
}

/** An engine on a clock that stands still. */
export function aNamespace(over: Partial<NamespaceConfig> = {}) {
  const clock = manualClock(Date.UTC(2030, 0, 1));
  return { clock, namespace: createNamespace(aNamespaceConfig(over), clock) };
}

/** A message in rhea's encoding; the fields are rhea's. */
export function encoded(fields: Record<string, unknown> = {}): Buffer {
  return rhea.message.encode({ body: "body", ...fields } as never);
}

export function aMessage(fields: Record<string, unknown> = {}): Message {
  return parseMessage(encoded(fields));
}

export interface TestConsumer extends Consumer {
  readonly taken: Delivery[];
  readonly ended: string[];
  /** How many messages it takes in all. */
  wants: number;
}

export function aConsumer(over: Partial<Pick<TestConsumer, "mode" | "name" | "wants">> = {}) {
  const consumer: TestConsumer = {
    name: "receiver",
    mode: "peek-lock",
    wants: Number.POSITIVE_INFINITY,
    taken: [],
    ended: [],
    credit: () => consumer.wants - consumer.taken.length,
    deliver: (delivery) => consumer.taken.push(delivery),
    end: (reason) => consumer.ended.push(reason),
    ...over,
  };
  return consumer;
}

/** The text in the body of a message, for bodies that rhea encoded from a text. */
export function textOf({ bytes }: Message): unknown {
  return rhea.message.decode(bytes.body).body;
}
