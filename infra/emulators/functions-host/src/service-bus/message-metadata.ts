import type { ServiceBusReceivedMessage } from "@azure/service-bus";
import { bindingData, jsonMembers } from "../binding-data.ts";
import type { TypedData } from "../core-types.ts";

/** Stand-ins for objects of the platform that have no meaning outside of it. */
const OPAQUE_MEMBERS = [
  "MessageReceiver",
  "MessageSession",
  "MessageActions",
  "SessionActions",
  "ReceiveActions",
  "Client",
];

/** .NET's DateTimeOffset.MaxValue to the last tick: the expiry of a message without time to live. */
const NO_EXPIRY = "9999-12-31T23:59:59.9999999";

/** The body of a message in the function's form. */
export function messageData(message: ServiceBusReceivedMessage): TypedData {
  return { string: bodyBytes(message).toString("utf8") };
}

/**
 * The trigger metadata of a message: its properties, overridden by the top-level members of a JSON body.
 *
 * The delivery count is 1 on the first delivery, as in .NET. Dates are texts, the `Utc` ones without a time zone.
 */
export function messageMetadata(message: ServiceBusReceivedMessage): Record<string, TypedData> {
  const data = bindingData();
  for (const [name, value] of [...opaqueMembers(), ...propertiesOf(message)]) {
    if (value !== null && value !== undefined) {
      data.set(name, TEXT_PROPERTIES.has(name) ? { string: String(value) } : jsonData(value));
    }
  }
  for (const [name, value] of jsonMembers(bodyBytes(message).toString("utf8"))) {
    data.set(name, value);
  }
  return data.toRecord();
}

const TEXT_PROPERTIES = new Set([
  "DeadLetterSource",
  "LockToken",
  "MessageId",
  "ContentType",
  "ReplyTo",
  "To",
  "Subject",
  "Label",
  "CorrelationId",
  "SessionId",
  "ReplyToSessionId",
  "PartitionKey",
  "TransactionPartitionKey",
]);

function opaqueMembers(): [string, unknown][] {
  return OPAQUE_MEMBERS.map((name) => [name, {}]);
}

function propertiesOf(message: ServiceBusReceivedMessage): [string, unknown][] {
  const enqueued = dotNetInstant(message.enqueuedTimeUtc);
  const expires =
    message.expiresAtUtc === undefined ? NO_EXPIRY : dotNetInstant(message.expiresAtUtc);
  const properties = message.applicationProperties ?? {};
  return [
    ["DeliveryCount", (message.deliveryCount ?? 0) + 1],
    ["DeadLetterSource", message.deadLetterSource],
    ["LockToken", message.lockToken],
    ["ExpiresAtUtc", expires],
    ["ExpiresAt", `${expires}+00:00`],
    ["EnqueuedTimeUtc", enqueued],
    ["EnqueuedTime", `${enqueued}+00:00`],
    ["MessageId", text(message.messageId)],
    ["ContentType", message.contentType],
    ["ReplyTo", message.replyTo],
    ["SequenceNumber", Number(message.sequenceNumber ?? 0)],
    ["To", message.to],
    ["Subject", message.subject],
    ["Label", message.subject],
    ["CorrelationId", text(message.correlationId)],
    ["ApplicationProperties", properties],
    ["UserProperties", properties],
    ["SessionId", message.sessionId],
    ["ReplyToSessionId", message.replyToSessionId],
    ["PartitionKey", message.partitionKey],
    ["TransactionPartitionKey", undefined],
  ];
}

function text(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}

/** In the form of the platform's serializer: without trailing zeros and without a zone. */
function dotNetInstant(at: Date | undefined): string {
  return (at ?? new Date(0)).toISOString().replace(/(?:\.0+|(\.\d*?)0*)Z$/, "$1");
}

function jsonData(value: unknown): TypedData {
  return { json: JSON.stringify(value) };
}

/** A receiver that skips parsing gives bytes. Bodies that are not an AMQP data section come as values. */
function bodyBytes(message: ServiceBusReceivedMessage): Buffer {
  const body: unknown = message.body;
  if (Buffer.isBuffer(body)) {
    return body;
  }
  if (body === undefined || body === null) {
    return Buffer.alloc(0);
  }
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
}
