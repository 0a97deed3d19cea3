import { randomUUID } from "node:crypto";
import { editMessage } from "../message/edit.ts";
import { annotationOf, type Message } from "../message/message.ts";
import { encodeValue } from "../message/value-writer.ts";
import { deposit } from "./deposit.ts";
import { entitySize } from "./description.ts";
import { isDuplicate } from "./duplicates.ts";
import type { QueueEntity, Surroundings, TopicEntity } from "./entity.ts";
import { BrokerError } from "./errors.ts";
import { fanOut } from "./fan-out.ts";
import { type Inbound, schedule } from "./intake.ts";

/**
 * Sends messages to a queue or topic: all of them or none.
 *
 * @returns their sequence numbers; the number of a dropped duplicate belongs to no message
 * @throws BrokerError `entity-disabled`, `not-allowed`
 */
export function publish(
  around: Surroundings,
  target: QueueEntity | TopicEntity,
  messages: readonly Message[],
): number[] {
  checkTakes(target, messages);
  return messages.map((message) =>
    accept(around, target, {
      message,
      enqueuedSequenceNumber: null,
      hops: 0,
      wasScheduled: false,
      deadLetterSource: null,
    }),
  );
}

/** Takes a message that another entity forwards. @throws as `publish` */
export function publishForwarded(
  around: Surroundings,
  target: QueueEntity | TopicEntity,
  inbound: Inbound,
): void {
  checkTakes(target, [inbound.message]);
  accept(around, target, inbound);
}

/** Does all checks before anything changes. @throws as `publish` */
export function checkTakes(target: QueueEntity | TopicEntity, messages: readonly Message[]): void {
  const { name, status } = target.config;
  if (status === "Disabled" || status === "SendDisabled") {
    throw new BrokerError(
      "entity-disabled",
      `Messaging entity '${name}' is currently disabled for sending.`,
    );
  }
  for (const message of messages) {
    checkLimits(message);
  }
  checkSize(target, messages);
  if (
    target.kind === "queue" &&
    target.config.requiresSession &&
    messages.some((message) => message.system.sessionId === undefined)
  ) {
    throw new BrokerError(
      "not-allowed",
      `The SessionId was not set on a message, and it cannot be sent to the entity '${name}'. Entities that have session support enabled can only receive messages that have the SessionId set to a valid value.`,
    );
  }
}

const MAX_ID_LENGTH = 128;
const MAX_PROPERTY_BYTES = 32 * 1024;
const MAX_PROPERTIES_BYTES = 64 * 1024;

/** @see https://learn.microsoft.com/azure/service-bus-messaging/service-bus-quotas */
function checkLimits(message: Message): void {
  const ids = {
    MessageId: message.system.messageId,
    SessionId: message.system.sessionId,
    PartitionKey: annotationOf(message, "x-opt-partition-key"),
  };
  for (const [name, id] of Object.entries(ids)) {
    if ((id ?? "").length > MAX_ID_LENGTH) {
      throw new BrokerError(
        "invalid-argument",
        `The value of ${name} has ${id?.length} characters, and the limit is ${MAX_ID_LENGTH}.`,
      );
    }
  }
  const bytes = message.bytes.applicationProperties.length;
  if (bytes > MAX_PROPERTIES_BYTES) {
    throw new BrokerError(
      "message-too-large",
      `The application properties have ${bytes} bytes, and the limit is ${MAX_PROPERTIES_BYTES}.`,
    );
  }
  for (const [name, value] of message.applicationProperties) {
    // A property cannot be too long if all of them together are shorter than its limit.
    if (bytes > MAX_PROPERTY_BYTES && encodeValue(value).length > MAX_PROPERTY_BYTES) {
      throw new BrokerError(
        "message-too-large",
        `The application property "${name}" is larger than the limit of ${MAX_PROPERTY_BYTES} bytes.`,
      );
    }
  }
}

/** As in the cloud, for an entity without a size. */
const DEFAULT_MAX_MEGABYTES = 1024;
const MEGABYTE = 1024 * 1024;

function checkSize(target: QueueEntity | TopicEntity, messages: readonly Message[]): void {
  const { name, passive } = target.config;
  const maxMegabytes = Number(passive.MaxSizeInMegabytes ?? DEFAULT_MAX_MEGABYTES);
  const bytes = messages.reduce((sum, message) => sum + message.sizeBytes, entitySize(target));
  if (bytes > maxMegabytes * MEGABYTE) {
    throw new BrokerError(
      "quota-exceeded",
      `The maximum entity size of '${name}' has been reached or exceeded: ${maxMegabytes} MB.`,
    );
  }
}

function accept(around: Surroundings, target: QueueEntity | TopicEntity, sent: Inbound): number {
  const inbound = { ...sent, message: withMessageId(sent.message) };
  const nowMs = around.timetable.clock.now();
  target.accessedAtMs = nowMs;
  if (
    target.config.requiresDuplicateDetection &&
    isDuplicate(target.duplicates, inbound.message.system.messageId ?? "", {
      nowMs,
      lengthMs: target.config.duplicateDetectionWindowMs,
    })
  ) {
    target.store.sequence.last += 1;
    return target.store.sequence.last;
  }
  const { scheduledEnqueueAtMs } = inbound.message;
  if (scheduledEnqueueAtMs !== null && scheduledEnqueueAtMs > nowMs) {
    return schedule(target.store, inbound, {
      atMs: scheduledEnqueueAtMs,
      activate: (due) => deliver(around, target, due),
    });
  }
  return deliver(around, target, inbound);
}

/** Lock renewal in the JavaScript SDK fails for messages that have no id. */
function withMessageId(message: Message): Message {
  return message.system.messageId === undefined
    ? editMessage(message, {
        system: { messageId: randomUUID().replaceAll("-", "") },
        applicationProperties: new Map(),
      })
    : message;
}

function deliver(
  around: Surroundings,
  target: QueueEntity | TopicEntity,
  inbound: Inbound,
): number {
  return target.kind === "queue"
    ? deposit(around, target, inbound).sequenceNumber
    : fanOut(around, target, inbound);
}
