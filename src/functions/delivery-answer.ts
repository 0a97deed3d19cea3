import { z } from "zod";
import type { DeliveryAttempt, TrackedDelivery } from "../domain/deliveries/deliveries.ts";
import { DELIVERY_STATES } from "../domain/deliveries/delivery.ts";
import { ownerOf } from "../domain/deliveries/queue-id.ts";
import { Guid } from "../domain/ids.ts";
import { fileName } from "../domain/ledger/ledger-entry.ts";
import { FILE_ANSWER } from "./file-answer.ts";

const Instant = z.iso.datetime();
const SentInstant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** Query of lists of deliveries, besides `limit` and `after`. */
export const DeliveriesQuery = z.object({
  state: z
    .string()
    .transform((text) => text.split(",").map((state) => state.trim()))
    .pipe(z.array(z.enum(DELIVERY_STATES)))
    .optional()
    .describe("One state, or several by commas."),
  unfetched: z
    .enum(["true"])
    .optional()
    .describe("`true`: only what was acknowledged although its file was never fetched."),
  from: SentInstant.optional().describe(
    "Files published at this instant or later. ISO 8601 with an offset.",
  ),
  to: SentInstant.optional().describe("Files published before this instant."),
  externalId: z.string().max(1_000).optional().describe("Name of the file, as the partner got it."),
  correlationId: Guid.optional().describe(
    "The run that made the file, or the delivery's id, which the partner knows as `CorrelationId`.",
  ),
});

const MEMBERS = {
  state: z
    .enum(DELIVERY_STATES)
    .describe("Whether the partner has taken, acknowledged or rejected it."),
  file: z
    .object({ name: z.string().describe("File name for the partner."), ...FILE_ANSWER })
    .describe("The file that it brings."),
  enqueuedAt: Instant.describe("When it came to the connector."),
  visibleAt: Instant.describe("From when on a dequeue may hand it out."),
  changedAt: Instant.describe("When its state changed last."),
  dequeues: z.int().describe("How often it was handed out."),
  lastDequeuedAt: Instant.nullable().describe("When it was handed out last; null: never."),
  downloadedAt: Instant.nullable().describe("When its file was fetched last, or began to be."),
  ackedAt: Instant.nullable().describe("When it was acknowledged; null: not yet."),
  unfetched: z
    .boolean()
    .optional()
    .describe(
      "True when it was acknowledged and its file was never fetched; requeue it if it is missed.",
    ),
  rejection: z
    .object({
      reason: z.string().describe("In the partner's words."),
      at: Instant.describe("When."),
    })
    .nullable()
    .describe("Why and when the partner set it aside; null when it did not."),
  requeues: z.int().describe("How often an operator sent it back."),
  subscriptionId: z
    .string()
    .optional()
    .describe("The subscription that it was made for; earlier versions did not note it."),
  previousSequence: z
    .int()
    .nullable()
    .optional()
    .describe(
      "Number of the file of the same type that came before it here; null: it is the first. Absent when it is not known.",
    ),
} as const;

/** A delivery at a connector, for operators. */
export const DeliveryAnswer = z
  .object({
    connectorId: z.string().describe("The connector."),
    id: z.string().describe("The `CorrelationId` of the connector API."),
    ...MEMBERS,
  })
  .meta({
    id: "Delivery",
    description: "A file at a connector, and what its partner did about it.",
  });

/** A delivery of a subscription, for operators, whatever its way. */
export const SubscriptionDeliveryAnswer = z
  .object({
    connectorId: z
      .string()
      .nullable()
      .describe("The connector at which it is; null: in the subscription's own queue."),
    id: z.string().describe("Id of the delivery, as the receiver is told it."),
    ...MEMBERS,
  })
  .meta({
    id: "SubscriptionDelivery",
    description: "A file for a subscription, and what became of it.",
  });

/** An attempt to bring a file, for operators. */
export const AttemptAnswer = z
  .object({
    at: Instant.describe("When it began."),
    durationMs: z.int().describe("How long it took, in milliseconds."),
    status: z
      .int()
      .nullable()
      .describe("HTTP status of the answer; null: there was none, or the way is not HTTP."),
    answer: z.string().nullable().describe("How the answer began."),
    failure: z.string().nullable().describe("Why it failed; null: the receiver has the file."),
  })
  .meta({ id: "DeliveryAttempt", description: "An attempt to bring a file to its receiver." });

/** With the name that the partner is told. */
export function deliveryAnswer(delivery: TrackedDelivery) {
  return {
    ...delivery,
    connectorId: delivery.queueId,
    file: { name: fileName(delivery.file), ...delivery.file },
  };
}

export function subscriptionDeliveryAnswer(delivery: TrackedDelivery) {
  const { queueId } = delivery;
  const connectorId = ownerOf(queueId) === null ? queueId : null;
  return { ...deliveryAnswer(delivery), connectorId };
}

export function attemptAnswer({ at, durationMs, status, answer, failure }: DeliveryAttempt) {
  return { at, durationMs, status, answer, failure };
}
