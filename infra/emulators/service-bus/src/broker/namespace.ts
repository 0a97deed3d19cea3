import { checkRules } from "../authorization/rule.ts";
import type { Clock } from "../clock.ts";
import type { Message } from "../message/message.ts";
import { parseAddress } from "./address.ts";
import {
  entityUri,
  queueEntities,
  type Registry,
  ruleEntities,
  subscriptionEntities,
  topicEntities,
} from "./admin.ts";
import { nameKey } from "./entities.ts";
import type { QueueEntity, SubscriptionEntity, Surroundings, TopicEntity } from "./entity.ts";
import { BrokerError } from "./errors.ts";
import { checkTakes, publish, publishForwarded } from "./publish.ts";
import type { Store } from "./store.ts";
import { clearTimetable, createTimetable } from "./timetable.ts";
import type { NamespaceAdmin, NamespaceConfig } from "./types.ts";

/** The broker: all entities, without any protocol. Addresses are as in AMQP; see address.ts. */
export interface Namespace extends NamespaceAdmin {
  readonly clock: Clock;
  /**
   * Sends messages to a queue or topic: all of them or none.
   *
   * @returns their sequence numbers
   * @throws BrokerError `entity-not-found`, `entity-disabled`, `not-allowed`
   */
  publish(address: string, messages: readonly Message[]): number[];
  /** Checks as `publish` does, without sending. @throws as `publish` */
  checkSendable(address: string, messages?: readonly Message[]): void;
  /**
   * Store that a receiver may attach to: of a queue, of a subscription, or of their dead letters.
   *
   * @throws BrokerError `entity-not-found`, `entity-disabled`, `not-allowed`
   */
  receivable(address: string): Store;
  /**
   * The store at an address. This can be a topic, whose store holds scheduled messages. @throws BrokerError
   * `entity-not-found`
   */
  store(address: string): Store;
  /** Ends all timers. */
  close(): void;
}

export function createNamespace(config: NamespaceConfig, clock: Clock): Namespace {
  const registry: Registry = { name: config.name, queues: new Map(), topics: new Map() };
  checkRules(config.authorizationRules);
  let rootRules = config.authorizationRules;
  const timetable = createTimetable(clock);
  const around: Surroundings = {
    timetable,
    forward: (target, inbound) => publishForwarded(around, sendableAt(registry, target), inbound),
  };
  const namespace: Namespace = {
    name: config.name,
    createdAt: new Date(clock.now()),
    clock,
    queues: queueEntities(around, registry),
    topics: topicEntities(around, registry),
    subscriptions: (topic) => subscriptionEntities(around, registry, topicAt(registry, topic)),
    rules: (topic, subscription) =>
      ruleEntities(around, registry, subscriptionAt(registry, topic, subscription)),
    authorizationRules: (entity) =>
      entity === null ? rootRules : (holderAt(registry, entity)?.config.authorizationRules ?? []),
    changeAuthorizationRules: (rules) => {
      checkRules(rules);
      rootRules = rules;
    },
    authorizedEntities: () => [null, ...registry.queues.keys(), ...registry.topics.keys()],
    publish: (address, messages) => publish(around, sendableAt(registry, address), messages),
    checkSendable: (address, messages = []) => checkTakes(sendableAt(registry, address), messages),
    receivable: (address) => receivableAt(around, registry, address),
    store: (address) => storeAt(registry, address),
    close: () => clearTimetable(timetable),
  };
  for (const queue of config.queues) {
    namespace.queues.create(queue);
  }
  for (const topic of config.topics) {
    namespace.topics.create(topic);
  }
  return namespace;
}

function holderAt(registry: Registry, entity: string): QueueEntity | TopicEntity | undefined {
  return registry.queues.get(nameKey(entity)) ?? registry.topics.get(nameKey(entity));
}

function topicAt(registry: Registry, name: string): TopicEntity {
  const topic = registry.topics.get(nameKey(name));
  if (topic === undefined) {
    throw notFound(registry, name);
  }
  return topic;
}

function subscriptionAt(registry: Registry, topic: string, name: string): SubscriptionEntity {
  const subscription = topicAt(registry, topic).subscriptions.get(nameKey(name));
  if (subscription === undefined) {
    throw notFound(registry, `${topic}/Subscriptions/${name}`);
  }
  return subscription;
}

function sendableAt(registry: Registry, address: string): QueueEntity | TopicEntity {
  const { entity, subscription, part } = parseAddress(address);
  const target = holderAt(registry, entity);
  if (target === undefined) {
    throw notFound(registry, address);
  }
  if (subscription !== null || part !== "main") {
    throw new BrokerError("not-allowed", `Cannot send to "${address}": it is for receiving only`);
  }
  return target;
}

function entityAt(
  registry: Registry,
  address: string,
): QueueEntity | TopicEntity | SubscriptionEntity {
  const { entity, subscription } = parseAddress(address);
  if (subscription !== null) {
    return subscriptionAt(registry, entity, subscription);
  }
  return registry.queues.get(nameKey(entity)) ?? topicAt(registry, entity);
}

function storeAt(registry: Registry, address: string): Store {
  const found = entityAt(registry, address);
  const { part } = parseAddress(address);
  if (part === "main") {
    return found.store;
  }
  if (found.kind === "topic") {
    throw notFound(registry, address);
  }
  return part === "dead-letter" ? found.deadLetters : found.transferDeadLetters;
}

function receivableAt(around: Surroundings, registry: Registry, address: string): Store {
  const found = entityAt(registry, address);
  const { name, status } = found.config;
  if (found.kind === "topic") {
    throw new BrokerError(
      "not-allowed",
      `Cannot receive from topic "${name}": receive from one of its subscriptions`,
    );
  }
  if (status === "Disabled" || status === "ReceiveDisabled") {
    throw new BrokerError(
      "entity-disabled",
      `Messaging entity '${name}' is currently disabled for receiving.`,
    );
  }
  const store = storeAt(registry, address);
  if (store === found.store && found.config.forwardTo !== null) {
    throw new BrokerError(
      "not-allowed",
      `Cannot receive from "${address}": its messages are forwarded to "${found.config.forwardTo}"`,
    );
  }
  found.accessedAtMs = around.timetable.clock.now();
  return store;
}

/** The SDKs recognise a missing entity by these words. */
function notFound(registry: Registry, address: string): BrokerError {
  return new BrokerError(
    "entity-not-found",
    `The messaging entity '${entityUri(registry, address)}' could not be found.`,
  );
}
