import type { AmqpValue } from "../broker/types.ts";
import { type Message, SECTION } from "./message.ts";
import { encodeDescribed } from "./value-writer.ts";

/** What the broker adds to a message for one delivery or one look at it. */
export interface DeliveryStamp {
  readonly deliveryCount: number;
  readonly timeToLiveMs: number | null;
  readonly sequenceNumber: number;
  readonly enqueuedSequenceNumber: number;
  readonly enqueuedAtMs: number;
  /** Null when the message is not locked. */
  readonly lockedUntilMs: number | null;
  readonly state: "active" | "deferred" | "scheduled";
  readonly deadLetterSource: string | null;
}

const STATE_CODES = { active: 0, deferred: 1, scheduled: 2 } as const;

const MAX_UINT = 2 ** 32 - 1;

/** Encodes a message as a receiver gets it: new header and annotations, the rest as the sender wrote it. */
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
    message.bytes.properties,
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

function annotations(message: Message, stamp: DeliveryStamp): Map<string, AmqpValue> {
  const all = new Map(message.annotations);
  all.set("x-opt-enqueued-time", { type: "timestamp", value: stamp.enqueuedAtMs });
  all.set("x-opt-sequence-number", { type: "long", value: BigInt(stamp.sequenceNumber) });
  all.set("x-opt-enqueue-sequence-number", {
    type: "long",
    value: BigInt(stamp.enqueuedSequenceNumber),
  });
  all.set("x-opt-message-state", { type: "int", value: STATE_CODES[stamp.state] });
  if (stamp.lockedUntilMs !== null) {
    all.set("x-opt-locked-until", { type: "timestamp", value: stamp.lockedUntilMs });
  }
  if (stamp.deadLetterSource !== null) {
    all.set("x-opt-deadletter-source", { type: "string", value: stamp.deadLetterSource });
  }
  return all;
}
