/**
 * The words shared by the engine, the rules, the configuration and the admin endpoints.
 *
 * Durations are milliseconds; `null` means "no limit". Entity names are compared without regard to case.
 */

/** The AMQP types, each with the form of its values here. */
interface AmqpForms {
  readonly null: null;
  readonly boolean: boolean;
  readonly ubyte: number;
  readonly ushort: number;
  readonly uint: number;
  readonly ulong: bigint;
  readonly byte: number;
  readonly short: number;
  readonly int: number;
  readonly long: bigint;
  readonly float: number;
  readonly double: number;
  /** The raw IEEE 754 bytes; the same holds for the other two. */
  readonly decimal32: Buffer;
  readonly decimal64: Buffer;
  readonly decimal128: Buffer;
  readonly char: string;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  /** Lower case, with hyphens. */
  readonly uuid: string;
  readonly binary: Buffer;
  readonly string: string;
  readonly symbol: string;
  readonly list: readonly AmqpValue[];
  readonly array: readonly AmqpValue[];
  readonly map: readonly (readonly [AmqpValue, AmqpValue])[];
}

/** Such as the .NET types `com.microsoft:datetime-offset` and `com.microsoft:timespan`. */
interface AmqpDescribed {
  readonly type: "described";
  readonly descriptor: AmqpValue;
  readonly value: AmqpValue;
}

/** An AMQP value with its wire type kept, because filters compare typed values. */
export type AmqpValue =
  | {
      [Type in keyof AmqpForms]: { readonly type: Type; readonly value: AmqpForms[Type] };
    }[keyof AmqpForms]
  | AmqpDescribed;

export type AmqpType = AmqpValue["type"];

export type ApplicationProperties = ReadonlyMap<string, AmqpValue>;

/** The properties that a correlation filter may compare and that an action may set. */
export interface CorrelationProperties {
  readonly contentType: string;
  readonly correlationId: string;
  /** Another name is label. */
  readonly subject: string;
  readonly messageId: string;
  readonly replyTo: string;
  readonly replyToSessionId: string;
  readonly sessionId: string;
  readonly to: string;
}

/** A rule's view of a message; absent properties are absent keys. */
export interface FilterableMessage {
  readonly system: Readonly<Partial<CorrelationProperties>>;
  readonly applicationProperties: ApplicationProperties;
  readonly enqueuedAt: Date;
  readonly sequenceNumber: number;
  readonly timeToLiveMs: number | null;
  readonly expiresAt: Date | null;
  readonly scheduledEnqueueAt: Date | null;
  readonly partitionKey: string | null;
  readonly viaPartitionKey: string | null;
  /** Null when it was first sent to this entity. */
  readonly enqueuedSequenceNumber: number | null;
  readonly deadLetterSource: string | null;
  readonly sizeBytes: number;
  readonly durable: boolean;
}

/** Changes of a rule's action; `null` removes the property. */
export interface MessageEdits {
  readonly system: { readonly [Name in keyof CorrelationProperties]?: string | null };
  readonly applicationProperties: ReadonlyMap<string, AmqpValue | null>;
}

export interface SqlRuleExpression {
  readonly expression: string;
  /** Keys with their leading `@`. */
  readonly parameters: ReadonlyMap<string, AmqpValue>;
}

export type RuleFilter =
  | { readonly kind: "true" }
  | { readonly kind: "false" }
  | ({ readonly kind: "sql" } & SqlRuleExpression)
  | {
      readonly kind: "correlation";
      readonly system: Readonly<Partial<CorrelationProperties>>;
      readonly applicationProperties: ApplicationProperties;
    };

export interface RuleConfig {
  readonly name: string;
  readonly filter: RuleFilter;
  readonly action: SqlRuleExpression | null;
}

export type AccessRight = "Manage" | "Send" | "Listen";

/** A name with two keys, either of which signs tokens. Manage includes the other rights. */
export interface AuthorizationRule {
  readonly name: string;
  readonly primaryKey: string;
  readonly secondaryKey: string;
  readonly rights: readonly AccessRight[];
}

export type EntityStatus = "Active" | "Disabled" | "SendDisabled" | "ReceiveDisabled";

interface EntityConfig {
  readonly name: string;
  readonly status: EntityStatus;
  readonly defaultTimeToLiveMs: number | null;
  readonly userMetadata: string;
  /** Settings that the engine ignores, by their ATOM element names. They are returned as they came. */
  readonly passive: Readonly<Record<string, string>>;
}

interface ReceivableConfig extends EntityConfig {
  readonly lockDurationMs: number;
  readonly maxDeliveryCount: number;
  readonly requiresSession: boolean;
  readonly deadLetterOnExpiration: boolean;
  readonly forwardTo: string | null;
  readonly forwardDeadLetteredTo: string | null;
}

interface DeduplicatingConfig extends EntityConfig {
  readonly requiresDuplicateDetection: boolean;
  readonly duplicateDetectionWindowMs: number;
}

interface AuthorizingConfig extends EntityConfig {
  readonly authorizationRules: readonly AuthorizationRule[];
}

export interface QueueConfig extends ReceivableConfig, DeduplicatingConfig, AuthorizingConfig {}

export interface SubscriptionConfig extends ReceivableConfig {
  readonly deadLetterOnFilterError: boolean;
  /** Empty means one rule `$Default` that takes everything. Used only on creation. */
  readonly rules: readonly RuleConfig[];
}

export interface TopicConfig extends DeduplicatingConfig, AuthorizingConfig {
  /** Looked at on creation only. */
  readonly subscriptions: readonly SubscriptionConfig[];
}

export interface NamespaceConfig {
  readonly name: string;
  readonly authorizationRules: readonly AuthorizationRule[];
  readonly queues: readonly QueueConfig[];
  readonly topics: readonly TopicConfig[];
}

export interface MessageCounts {
  readonly active: number;
  readonly deadLetter: number;
  readonly scheduled: number;
  readonly transfer: number;
  readonly transferDeadLetter: number;
}

export interface EntityRuntime {
  readonly counts: MessageCounts;
  /** Number of a topic's subscriptions; 0 elsewhere. */
  readonly subscriptionCount: number;
  /** Numbers over all subscriptions of a topic; 0 elsewhere. */
  readonly filterCounts: { readonly sql: number; readonly correlation: number };
  readonly sizeBytes: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly accessedAt: Date;
}

export interface Entity<Config> {
  readonly config: Config;
  readonly runtime: EntityRuntime;
}

/** The entities of one kind in one place, by name. */
export interface Entities<Config> {
  get(name: string): Entity<Config> | null;
  list(): readonly Entity<Config>[];
  /** @throws BrokerError `entity-exists`, `invalid-argument` */
  create(config: Config): Entity<Config>;
  /** Replaces the settings; messages stay. @throws BrokerError `entity-not-found`, `invalid-argument` */
  update(config: Config): Entity<Config>;
  /** Deletes it with its content and ends the links to it. @throws BrokerError `entity-not-found` */
  delete(name: string): void;
}

/** The entities as an administrator sees them. */
export interface NamespaceAdmin {
  readonly name: string;
  readonly createdAt: Date;
  readonly queues: Entities<QueueConfig>;
  readonly topics: Entities<TopicConfig>;
  /** @throws BrokerError `entity-not-found` when the topic does not exist */
  subscriptions(topic: string): Entities<SubscriptionConfig>;
  /** The authorization rules of a queue or topic, or of the namespace for null; none when there is no such entity. */
  authorizationRules(entity: string | null): readonly AuthorizationRule[];
  /** Replaces those of the namespace. @throws BrokerError `invalid-argument` */
  changeAuthorizationRules(rules: readonly AuthorizationRule[]): void;
  /** Owners of authorization rules: the namespace, as null, and all queues and topics. */
  authorizedEntities(): readonly (string | null)[];
  /** @throws BrokerError `entity-not-found` when there is no such topic or subscription */
  rules(topic: string, subscription: string): Entities<RuleConfig>;
}
