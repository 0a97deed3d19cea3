import { editMessage } from "../message/edit.ts";
import type { Message } from "../message/message.ts";
import type { CompiledAction } from "../rules/action.ts";
import type { CompiledFilter } from "../rules/filter.ts";
import { subscriptionPath } from "./address.ts";
import type { DuplicateHistory } from "./duplicates.ts";
import { type Inbound, inter, originOf } from "./intake.ts";
import { createStore, type DeadLetterCause, type Store, type StoredMessage } from "./store.ts";
import type { Timetable } from "./timetable.ts";
import type {
  AmqpValue,
  QueueConfig,
  RuleConfig,
  SubscriptionConfig,
  TopicConfig,
} from "./types.ts";

/** Stores that receivers can attach to: the messages, the dead letters, and messages that could not be forwarded. */
export interface Mailbox {
  readonly store: Store;
  readonly deadLetters: Store;
  readonly transferDeadLetters: Store;
}

interface Timed {
  readonly createdAtMs: number;
  updatedAtMs: number;
  accessedAtMs: number;
}

export interface QueueEntity extends Mailbox, Timed {
  readonly kind: "queue";
  config: QueueConfig;
  readonly duplicates: DuplicateHistory;
}

export interface TopicEntity extends Timed {
  readonly kind: "topic";
  config: TopicConfig;
  /** Holds only scheduled messages. */
  readonly store: Store;
  readonly duplicates: DuplicateHistory;
  /** By name in lower case, as everywhere. */
  readonly subscriptions: Map<string, SubscriptionEntity>;
}

export interface SubscriptionEntity extends Mailbox, Timed {
  readonly kind: "subscription";
  readonly topic: TopicEntity;
  config: SubscriptionConfig;
  readonly rules: Map<string, RuleEntity>;
}

export interface RuleEntity {
  readonly config: RuleConfig;
  readonly matches: CompiledFilter;
  readonly act: CompiledAction | null;
  readonly createdAtMs: number;
}

/** Parts of the namespace that entities need. */
export interface Surroundings {
  readonly timetable: Timetable;
  /** Sends to another entity. @throws BrokerError when the entity refuses the message */
  readonly forward: (target: string, inbound: Inbound) => void;
}

export function createQueue(around: Surroundings, config: QueueConfig): QueueEntity {
  const queue: QueueEntity = {
    kind: "queue",
    config,
    duplicates: new Map(),
    ...createMailbox(around, config.name, () => queue.config),
    ...bornNow(around),
  };
  return queue;
}

export function createTopic(around: Surroundings, config: TopicConfig): TopicEntity {
  return {
    kind: "topic",
    config,
    store: createStore({
      path: config.name,
      timetable: around.timetable,
      settings: () => TOPIC_SETTINGS,
      deadLetter: null,
      sequence: { last: 0 },
    }),
    duplicates: new Map(),
    subscriptions: new Map(),
    ...bornNow(around),
  };
}

export function createSubscription(
  around: Surroundings,
  topic: TopicEntity,
  config: SubscriptionConfig,
): SubscriptionEntity {
  const path = subscriptionPath(topic.config.name, config.name);
  const subscription: SubscriptionEntity = {
    kind: "subscription",
    topic,
    config,
    rules: new Map(),
    ...createMailbox(around, path, () => subscription.config),
    ...bornNow(around),
  };
  return subscription;
}

/** A topic itself has no receivers. */
const TOPIC_SETTINGS = {
  lockDurationMs: 0,
  maxDeliveryCount: null,
  requiresSession: false,
  deadLetterOnExpiration: false,
};

function bornNow({ timetable }: Surroundings): Timed {
  const nowMs = timetable.clock.now();
  return { createdAtMs: nowMs, updatedAtMs: nowMs, accessedAtMs: nowMs };
}

function createMailbox(
  around: Surroundings,
  path: string,
  config: () => QueueConfig | SubscriptionConfig,
): Mailbox {
  const { timetable } = around;
  const sequence = { last: 0 };
  const deadSettings = () => ({
    ...TOPIC_SETTINGS,
    lockDurationMs: config().lockDurationMs,
  });
  const graveyard = (suffix: string) =>
    createStore({
      path: `${path}/${suffix}`,
      timetable,
      settings: deadSettings,
      deadLetter: null,
      sequence,
    });
  const deadLetters = graveyard("$DeadLetterQueue");
  const store = createStore({
    path,
    timetable,
    settings: config,
    sequence,
    deadLetter: (stored, cause) => {
      const dead = withCause(stored.message, cause);
      const target = config().forwardDeadLetteredTo;
      if (target === null || !tryForward(around, target, carry(stored, dead, path))) {
        inter(deadLetters, stored, dead);
      }
    },
  });
  return { store, deadLetters, transferDeadLetters: graveyard("$Transfer/$DeadLetterQueue") };
}

function tryForward(around: Surroundings, target: string, inbound: Inbound): boolean {
  try {
    around.forward(target, inbound);
    return true;
  } catch {
    // If the target is missing or refuses, the dead letter stays here, so that it is not lost.
    return false;
  }
}

function carry(stored: StoredMessage, message: Message, deadLetterSource: string): Inbound {
  return {
    message,
    enqueuedSequenceNumber: originOf(stored),
    hops: stored.hops + 1,
    wasScheduled: stored.wasScheduled,
    deadLetterSource,
  };
}

/** Adds the cause to a dead letter. */
export function withCause(message: Message, { reason, description }: DeadLetterCause): Message {
  const applicationProperties = new Map<string, AmqpValue>();
  if (reason !== null) {
    applicationProperties.set("DeadLetterReason", { type: "string", value: reason });
  }
  if (description !== null) {
    applicationProperties.set("DeadLetterErrorDescription", {
      type: "string",
      value: description,
    });
  }
  return editMessage(message, { system: {}, applicationProperties });
}
