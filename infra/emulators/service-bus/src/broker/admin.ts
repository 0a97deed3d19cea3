import { checkRules } from "../authorization/rule.ts";
import { GENEROUS_LIMITS } from "../config/limits.ts";
import { compileAction } from "../rules/action.ts";
import { compileFilter } from "../rules/filter.ts";
import { parseAddress, subscriptionPath } from "./address.ts";
import { forwardWaiting } from "./deposit.ts";
import {
  describeQueue,
  describeRule,
  describeSubscription,
  describeTopic,
  filterCounts,
} from "./description.ts";
import { entities, nameKey } from "./entities.ts";
import {
  createQueue,
  createSubscription,
  createTopic,
  type Mailbox,
  type QueueEntity,
  type RuleEntity,
  type SubscriptionEntity,
  type Surroundings,
  type TopicEntity,
} from "./entity.ts";
import { BrokerError } from "./errors.ts";
import { closeStore, endConsumers } from "./store.ts";
import type {
  Entities,
  QueueConfig,
  RuleConfig,
  SubscriptionConfig,
  TopicConfig,
} from "./types.ts";

/** All queues and topics, by name in lower case. */
export interface Registry {
  /** Name of the namespace. */
  readonly name: string;
  readonly queues: Map<string, QueueEntity>;
  readonly topics: Map<string, TopicEntity>;
}

const { maxEntities, maxSubscriptions, maxCorrelationRules, maxSqlRules } = GENEROUS_LIMITS;

const DEFAULT_RULE: RuleConfig = { name: "$Default", filter: { kind: "true" }, action: null };

export function queueEntities(around: Surroundings, registry: Registry): Entities<QueueConfig> {
  return entities({
    noun: "queue",
    uri: (name) => entityUri(registry, name),
    kept: registry.queues,
    describe: describeQueue,
    create: (config) => {
      checkNameIsFree(registry, registry.topics, config.name);
      checkRoom(registry.queues.size + registry.topics.size, maxEntities, "queues and topics");
      checkReceivable(config, config.name);
      checkRules(config.authorizationRules);
      return createQueue(around, config);
    },
    update: (queue, config) => {
      checkReceivable(config, config.name);
      checkRules(config.authorizationRules);
      checkFixed(queue.config, config, ["requiresSession", "requiresDuplicateDetection"]);
      queue.config = { ...config, name: queue.config.name };
      settingsChanged(around, queue);
    },
    remove: closeMailbox,
  });
}

export function topicEntities(around: Surroundings, registry: Registry): Entities<TopicConfig> {
  return entities({
    noun: "topic",
    uri: (name) => entityUri(registry, name),
    kept: registry.topics,
    describe: describeTopic,
    create: (config) => {
      checkNameIsFree(registry, registry.queues, config.name);
      checkRoom(registry.queues.size + registry.topics.size, maxEntities, "queues and topics");
      checkRules(config.authorizationRules);
      const topic = createTopic(around, config);
      const subscriptions = subscriptionEntities(around, registry, topic);
      for (const subscription of config.subscriptions) {
        subscriptions.create(subscription);
      }
      return topic;
    },
    update: (topic, config) => {
      checkFixed(topic.config, config, ["requiresDuplicateDetection"]);
      checkRules(config.authorizationRules);
      topic.config = { ...config, name: topic.config.name };
      topic.updatedAtMs = around.timetable.clock.now();
    },
    remove: (topic) => {
      closeStore(topic.store);
      for (const subscription of topic.subscriptions.values()) {
        closeMailbox(subscription);
      }
    },
  });
}

export function subscriptionEntities(
  around: Surroundings,
  registry: Registry,
  topic: TopicEntity,
): Entities<SubscriptionConfig> {
  return entities({
    noun: "subscription",
    uri: (name) => entityUri(registry, subscriptionPath(topic.config.name, name)),
    kept: topic.subscriptions,
    describe: describeSubscription,
    create: (config) => {
      checkReceivable(config, topic.config.name);
      checkRoom(topic.subscriptions.size, maxSubscriptions, "subscriptions of a topic");
      const subscription = createSubscription(around, topic, config);
      const rules = ruleEntities(around, registry, subscription);
      for (const rule of config.rules.length === 0 ? [DEFAULT_RULE] : config.rules) {
        rules.create(rule);
      }
      return subscription;
    },
    update: (subscription, config) => {
      checkReceivable(config, topic.config.name);
      checkFixed(subscription.config, config, ["requiresSession"]);
      subscription.config = { ...config, name: subscription.config.name };
      settingsChanged(around, subscription);
    },
    remove: closeMailbox,
  });
}

export function ruleEntities(
  around: Surroundings,
  registry: Registry,
  subscription: SubscriptionEntity,
): Entities<RuleConfig> {
  const compile = (config: RuleConfig): RuleEntity => {
    checkName(config.name);
    const { filter, action } = config;
    return {
      config,
      matches: compileFilter(filter),
      act: action === null ? null : compileAction(action.expression, action.parameters),
      createdAtMs: around.timetable.clock.now(),
    };
  };
  return entities({
    noun: "rule",
    uri: (name) => {
      const { topic, config } = subscription;
      const path = subscriptionPath(topic.config.name, config.name);
      return entityUri(registry, `${path}/Rules/${name}`);
    },
    kept: subscription.rules,
    describe: describeRule,
    create: (config) => {
      checkFilterRoom(subscription.topic, config.filter.kind);
      return compile(config);
    },
    update: (old, config) => {
      if (config.filter.kind !== old.config.filter.kind) {
        checkFilterRoom(subscription.topic, config.filter.kind);
      }
      subscription.rules.set(nameKey(config.name), compile(config));
    },
    remove: () => undefined,
  });
}

/** Applies new settings to existing messages. */
function settingsChanged(around: Surroundings, box: QueueEntity | SubscriptionEntity): void {
  const { status, forwardTo } = box.config;
  box.updatedAtMs = around.timetable.clock.now();
  if (status === "Disabled" || status === "ReceiveDisabled") {
    endConsumers(box.store, "entity-disabled");
  }
  if (forwardTo !== null) {
    forwardWaiting(around, box);
  }
}

function closeMailbox({ store, deadLetters, transferDeadLetters }: Mailbox): void {
  closeStore(store);
  closeStore(deadLetters);
  closeStore(transferDeadLetters);
}

/** The service's name of an entity in its texts. */
export function entityUri({ name }: Registry, path: string): string {
  return `sb://${name}/${path}`;
}

function checkNameIsFree(
  registry: Registry,
  others: ReadonlyMap<string, unknown>,
  name: string,
): void {
  checkName(name);
  if (others.has(nameKey(name))) {
    throw new BrokerError(
      "entity-exists",
      `The messaging entity '${entityUri(registry, name)}' already exists.`,
    );
  }
}

function checkRoom(count: number, most: number, what: string): void {
  if (count >= most) {
    throw new BrokerError(
      "quota-exceeded",
      `There are ${count} ${what}, and the limit is ${most}.`,
    );
  }
}

/** The limits on filters apply to a topic, over all its subscriptions. */
function checkFilterRoom(topic: TopicEntity, kind: RuleConfig["filter"]["kind"]): void {
  const counts = filterCounts(topic);
  if (kind === "correlation") {
    checkRoom(counts.correlation, maxCorrelationRules, "correlation filters of a topic");
  } else if (kind === "sql") {
    checkRoom(counts.sql, maxSqlRules, "SQL filters of a topic");
  }
}

function checkName(name: string): void {
  if (name.trim() === "") {
    throw new BrokerError("invalid-argument", "Cannot create an entity without a name");
  }
}

/** @param home where a forwarded message would return to: the queue or the topic */
function checkReceivable(config: QueueConfig | SubscriptionConfig, home: string): void {
  checkName(config.name);
  if (!(config.lockDurationMs > 0) || !(config.maxDeliveryCount >= 1)) {
    throw new BrokerError(
      "invalid-argument",
      `Cannot save "${config.name}": lock duration and maximum delivery count must be positive`,
    );
  }
  for (const target of [config.forwardTo, config.forwardDeadLetteredTo]) {
    if (target !== null && nameKey(parseAddress(target).entity) === nameKey(home)) {
      throw new BrokerError(
        "invalid-argument",
        `Cannot save "${config.name}": it would forward messages to where they come from`,
      );
    }
  }
}

function checkFixed<Config extends { readonly name: string }>(
  before: Config,
  after: Config,
  fixed: readonly (keyof Config)[],
): void {
  for (const setting of fixed) {
    if (before[setting] !== after[setting]) {
      throw new BrokerError(
        "invalid-argument",
        `Cannot update "${before.name}": "${String(setting)}" cannot change`,
      );
    }
  }
}
