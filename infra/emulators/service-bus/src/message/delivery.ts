import type { AmqpValue } from "../broker/types.ts";
import { type Message, SECTION } from "./message.ts";
import { encodeDescribed } from "./value-writer.ts";

/** Values that the broker adds to a message for one delivery or peek. */
export interface DeliveryStamp {
  readonly deliveryCount: number;
  readonly timeToLiveMs: number | null;
  readonly sequenceNumber: number;
  /** Null when it was first sent to this entity. */
  readonly enqueuedSequenceNumber: number | null;
  readonly enqueuedAtMs: number;
  /** Null when the message is not locked. */
  readonly lockedUntilMs: number | null;
  readonly wasScheduled: boolean;
  readonly state: "active" | "deferred" | "scheduled";
  readonly deadLetterSource: string | null;
}

const STATE_CODES = { active: 0, deferred: 1, scheduled: 2 } as const;

const CREATION_TIME = 9;
const ABSOLUTE_EXPIRY_TIME = 8;

const NULL: AmqpValue = { type: "null", value: null };

/** The end of the year 9999, the last instant that .NET can name. */
const MAX_INSTANT_MS = 253_402_300_799_999;

const MAX_UINT = 2 ** 32 - 1;

/** Encodes a message for a receiver: new header and annotations, the rest as the sender wrote it. */
export function encodeDelivery(message: Message, stamp: DeliveryStamp): Buffer {
  return Buffer.concat([
    encodeDescribed(SECTION.header, { type: "list", value: headerFields(message, stamp) }),
    encodeDescribed(SECTION.messageAnnotations, {
      type: "map",
      value: [...annotations(message, stamp)].map(([name, value]) => [
        { type: "symbol", value: name },
        value,
      ]),
    }),
    encodeDescribed(SECTION.properties, { type: "list", value: propertyFields(message, stamp) }),
    message.bytes.applicationProperties,
    message.bytes.body,
  ]);
}

function headerFields(message: Message, stamp: DeliveryStamp): AmqpValue[] {
  return [
    { type: "boolean", value: message.durable },
    message.priority === null
      ? { type: "null", value: null }
      : { type: "ubyte", value: message.priority },
    stamp.timeToLiveMs === null
      ? { type: "null", value: null }
      : { type: "uint", value: Math.min(stamp.timeToLiveMs, MAX_UINT) },
    { type: "boolean", value: false },
    { type: "uint", value: stamp.deliveryCount },
  ];
}

/**
 * The two times are the broker's, whatever the sender wrote. SDKs read a time to live of more than 49.7 days from them.
 */
function propertyFields(message: Message, stamp: DeliveryStamp): AmqpValue[] {
  const enqueuedAtMs =
    stamp.state === "scheduled"
      ? (message.scheduledEnqueueAtMs ?? stamp.enqueuedAtMs)
      : stamp.enqueuedAtMs;
  const fields = [...message.properties];
  while (fields.length <= CREATION_TIME) {
    fields.push(NULL);
  }
  fields[CREATION_TIME] = { type: "timestamp", value: enqueuedAtMs };
  fields[ABSOLUTE_EXPIRY_TIME] =
    stamp.timeToLiveMs === null
      ? NULL
      : {
          type: "timestamp",
          value: Math.min(enqueuedAtMs + stamp.timeToLiveMs, MAX_INSTANT_MS),
        };
  return fields;
}

/** A message that was scheduled stays `scheduled` for its receivers. */
function stateCode({ state, wasScheduled }: DeliveryStamp): number {
  return STATE_CODES[state === "active" && wasScheduled ? "scheduled" : state];
}

function annotations(message: Message, stamp: DeliveryStamp): Map<string, AmqpValue> {
  const all = new Map(message.annotations);
  all.set("x-opt-enqueued-time", { type: "timestamp", value: stamp.enqueuedAtMs });
  all.set("x-opt-sequence-number", { type: "long", value: BigInt(stamp.sequenceNumber) });
  all.set("x-opt-enqueue-sequence-number", {
    type: "long",
    value: BigInt(stamp.enqueuedSequenceNumber ?? 0),
  });
  all.set("x-opt-message-state", { type: "int", value: stateCode(stamp) });
  if (stamp.lockedUntilMs !== null) {
    all.set("x-opt-locked-until", { type: "timestamp", value: stamp.lockedUntilMs });
  }
  if (stamp.deadLetterSource !== null) {
    all.set("x-opt-deadletter-source", { type: "string", value: stamp.deadLetterSource });
  }
  return all;
}
