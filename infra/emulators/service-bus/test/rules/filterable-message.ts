import type { AmqpValue, FilterableMessage } from "../../src/broker/types.ts";

export const string = (value: string): AmqpValue => ({ type: "string", value });
export const int = (value: number): AmqpValue => ({ type: "int", value });
export const long = (value: bigint): AmqpValue => ({ type: "long", value });
export const double = (value: number): AmqpValue => ({ type: "double", value });
export const boolean = (value: boolean): AmqpValue => ({ type: "boolean", value });
export const timestamp = (iso: string): AmqpValue => ({
  type: "timestamp",
  value: Date.parse(iso),
});
export const nothing: AmqpValue = { type: "null", value: null };

/** A message with these application properties, the rest empty. */
export function aMessage(
  applicationProperties: Readonly<Record<string, AmqpValue>> = {},
  overrides: Partial<FilterableMessage> = {},
): FilterableMessage {
  return {
    system: {},
    applicationProperties: new Map(Object.entries(applicationProperties)),
    enqueuedAt: new Date("2026-03-01T12:00:00Z"),
    sequenceNumber: 7,
    timeToLiveMs: null,
    expiresAt: null,
    scheduledEnqueueAt: null,
    partitionKey: null,
    viaPartitionKey: null,
    enqueuedSequenceNumber: null,
    deadLetterSource: null,
    sizeBytes: 100,
    durable: false,
    ...overrides,
  };
}
