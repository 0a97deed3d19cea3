import { FOREVER_MS } from "./duration.ts";

export interface DurationRange {
  readonly minMs: number;
  /** null: up to forever */
  readonly maxMs: number | null;
  readonly fallbackMs: number;
}

/** Limits of a Config.json. */
export interface Limits {
  /** Exactly the dialect of the official emulator: whole seconds, a fixed namespace name, `Logging` and a subscription present. */
  readonly official: boolean;
  readonly timeToLive: DurationRange;
  readonly lock: DurationRange;
  readonly duplicateWindow: DurationRange;
  readonly maxDeliveryCount: number;
  /** Queues and topics together. */
  readonly maxEntities: number;
  /** Per topic, like the two numbers after it. */
  readonly maxSubscriptions: number;
  readonly maxCorrelationRules: number;
  readonly maxSqlRules: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * The quotas of the official emulator.
 *
 * @see https://learn.microsoft.com/azure/service-bus-messaging/overview-emulator#quotas
 */
export const OFFICIAL_LIMITS: Limits = {
  official: true,
  timeToLive: { minMs: 1000, maxMs: HOUR_MS, fallbackMs: HOUR_MS },
  lock: { minMs: 5000, maxMs: 5 * MINUTE_MS, fallbackMs: MINUTE_MS },
  duplicateWindow: { minMs: 5000, maxMs: 5 * MINUTE_MS, fallbackMs: 20_000 },
  maxDeliveryCount: 10,
  maxEntities: 50,
  maxSubscriptions: 50,
  maxCorrelationRules: 1000,
  maxSqlRules: 20,
};

/**
 * The ranges of the cloud, but from a millisecond on, so that a test need not wait; defaults as in the emulator.
 *
 * @see https://learn.microsoft.com/azure/service-bus-messaging/service-bus-quotas
 */
export const GENEROUS_LIMITS: Limits = {
  official: false,
  timeToLive: { minMs: 1, maxMs: null, fallbackMs: HOUR_MS },
  lock: { minMs: 1, maxMs: 5 * MINUTE_MS, fallbackMs: MINUTE_MS },
  duplicateWindow: { minMs: 1, maxMs: 7 * 24 * HOUR_MS, fallbackMs: 20_000 },
  maxDeliveryCount: 2000,
  maxEntities: 10_000,
  maxSubscriptions: 2000,
  maxCorrelationRules: 100_000,
  maxSqlRules: 2000,
};

/** A duration for the engine: null means forever. */
export const limitMs = (ms: number): number | null => (ms >= FOREVER_MS ? null : ms);
