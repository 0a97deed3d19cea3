import type {
  Mailbox,
  QueueEntity,
  RuleEntity,
  SubscriptionEntity,
  TopicEntity,
} from "./entity.ts";
import type {
  Entity,
  EntityRuntime,
  MessageCounts,
  QueueConfig,
  RuleConfig,
  SubscriptionConfig,
  TopicConfig,
} from "./types.ts";

const NO_MESSAGES: MessageCounts = {
  active: 0,
  deadLetter: 0,
  scheduled: 0,
  transfer: 0,
  transferDeadLetter: 0,
};

export function describeQueue(queue: QueueEntity): Entity<QueueConfig> {
  return { config: queue.config, runtime: { ...boxRuntime(queue), ...timesOf(queue) } };
}

export function describeTopic(topic: TopicEntity): Entity<TopicConfig> {
  const boxes = [...topic.subscriptions.values()];
  return {
    config: { ...topic.config, subscriptions: boxes.map((each) => configOf(each)) },
    runtime: {
      counts: { ...NO_MESSAGES, scheduled: topic.store.scheduledCount },
      subscriptionCount: topic.subscriptions.size,
      filterCounts: filterCounts(topic),
      sizeBytes: entitySize(topic),
      ...timesOf(topic),
    },
  };
}

/** Size of the messages of a queue, or of a topic with all its subscriptions. */
export function entitySize(entity: QueueEntity | TopicEntity): number {
  return entity.kind === "queue"
    ? sizeOf(entity)
    : [...entity.subscriptions.values()].reduce(
        (sum, box) => sum + sizeOf(box),
        entity.store.sizeBytes,
      );
}

/** Number of filters of each kind in the subscriptions of a topic. */
export function filterCounts(topic: TopicEntity): EntityRuntime["filterCounts"] {
  const kinds = [...topic.subscriptions.values()].flatMap(({ rules }) =>
    [...rules.values()].map(({ config }) => config.filter.kind),
  );
  return {
    sql: kinds.filter((kind) => kind === "sql").length,
    correlation: kinds.filter((kind) => kind === "correlation").length,
  };
}

const NO_FILTERS = { sql: 0, correlation: 0 };

export function describeSubscription(subscription: SubscriptionEntity): Entity<SubscriptionConfig> {
  return {
    config: configOf(subscription),
    runtime: { ...boxRuntime(subscription), ...timesOf(subscription) },
  };
}

export function describeRule(rule: RuleEntity): Entity<RuleConfig> {
  const createdAt = new Date(rule.createdAtMs);
  return {
    config: rule.config,
    runtime: {
      counts: NO_MESSAGES,
      subscriptionCount: 0,
      filterCounts: NO_FILTERS,
      sizeBytes: 0,
      createdAt,
      updatedAt: createdAt,
      accessedAt: createdAt,
    },
  };
}

function configOf({ config, rules }: SubscriptionEntity): SubscriptionConfig {
  return { ...config, rules: [...rules.values()].map((rule) => rule.config) };
}

function boxRuntime(
  box: Mailbox,
): Pick<EntityRuntime, "counts" | "subscriptionCount" | "filterCounts" | "sizeBytes"> {
  const { store, deadLetters, transferDeadLetters } = box;
  return {
    counts: {
      active: store.messages.size - store.scheduledCount,
      deadLetter: deadLetters.messages.size,
      scheduled: store.scheduledCount,
      // Forwarding is immediate here, so no message waits for it.
      transfer: 0,
      transferDeadLetter: transferDeadLetters.messages.size,
    },
    subscriptionCount: 0,
    filterCounts: NO_FILTERS,
    sizeBytes: sizeOf(box),
  };
}

function sizeOf({ store, deadLetters, transferDeadLetters }: Mailbox): number {
  return store.sizeBytes + deadLetters.sizeBytes + transferDeadLetters.sizeBytes;
}

function timesOf(entity: {
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly accessedAtMs: number;
}): Pick<EntityRuntime, "createdAt" | "updatedAt" | "accessedAt"> {
  return {
    createdAt: new Date(entity.createdAtMs),
    updatedAt: new Date(entity.updatedAtMs),
    accessedAt: new Date(entity.accessedAtMs),
  };
}
