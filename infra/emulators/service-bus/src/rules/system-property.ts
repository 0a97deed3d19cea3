import type { AmqpValue, CorrelationProperties, FilterableMessage } from "../broker/types.ts";

export const NULL: AmqpValue = { type: "null", value: null };

/** A property that SQL reads as `sys.<name>`. */
export interface SystemProperty {
  /** The vendor's spelling. */
  readonly name: string;
  readonly read: (message: FilterableMessage) => AmqpValue;
  /** The name under which an action may set it; null when it is read-only. */
  readonly settableAs: keyof CorrelationProperties | null;
}

const TICKS_PER_MS = 10_000n;

function text(name: string, key: keyof CorrelationProperties): SystemProperty {
  return {
    name,
    settableAs: key,
    read: ({ system }) => {
      const value = system[key];
      return value === undefined ? NULL : { type: "string", value };
    },
  };
}

function readOnly(name: string, read: SystemProperty["read"]): SystemProperty {
  return { name, read, settableAs: null };
}

const instant = (at: Date | null): AmqpValue =>
  at === null ? NULL : { type: "timestamp", value: at.getTime() };

const textOrNull = (value: string | null): AmqpValue =>
  value === null ? NULL : { type: "string", value };

const long = (value: number): AmqpValue =>
  Number.isSafeInteger(value) ? { type: "long", value: BigInt(value) } : NULL;

function timespan(ms: number | null): AmqpValue {
  const value = ms === null ? NULL : long(ms);
  return value.type === "long"
    ? {
        type: "described",
        descriptor: { type: "symbol", value: "com.microsoft:timespan" },
        value: { type: "long", value: value.value * TICKS_PER_MS },
      }
    : NULL;
}

const SYSTEM_PROPERTIES: ReadonlyMap<string, SystemProperty> = new Map(
  [
    text("ContentType", "contentType"),
    text("CorrelationId", "correlationId"),
    text("Label", "subject"),
    text("Subject", "subject"),
    text("MessageId", "messageId"),
    text("ReplyTo", "replyTo"),
    text("ReplyToSessionId", "replyToSessionId"),
    text("SessionId", "sessionId"),
    text("To", "to"),
    readOnly("EnqueuedTimeUtc", (message) => instant(message.enqueuedAt)),
    readOnly("ExpiresAtUtc", (message) => instant(message.expiresAt)),
    readOnly("ScheduledEnqueueTimeUtc", (message) => instant(message.scheduledEnqueueAt)),
    readOnly("SequenceNumber", (message) => long(message.sequenceNumber)),
    readOnly("DeadLetterSource", (message) => textOrNull(message.deadLetterSource)),
    // Rules see a message before any receiver gets it.
    readOnly("DeliveryCount", () => ({ type: "int", value: 0 })),
    readOnly("EnqueuedSequenceNumber", (message) => long(message.enqueuedSequenceNumber ?? 0)),
    readOnly("ForcePersistence", (message) => ({ type: "boolean", value: message.durable })),
    readOnly("LockToken", () => NULL),
    readOnly("PartitionKey", (message) => textOrNull(message.partitionKey)),
    readOnly("Size", (message) => long(message.sizeBytes)),
    readOnly("State", () => ({ type: "int", value: 0 })),
    readOnly("ViaPartitionKey", (message) => textOrNull(message.viaPartitionKey)),
    readOnly("TimeToLive", (message) => timespan(message.timeToLiveMs)),
  ].map((property) => [property.name.toLowerCase(), property]),
);

/** Finds a system property by its name in any case; null when there is none. */
export function findSystemProperty(name: string): SystemProperty | null {
  return SYSTEM_PROPERTIES.get(name.toLowerCase()) ?? null;
}
