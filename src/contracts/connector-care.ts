import { z } from "zod";
import { Guid } from "./ids.ts";

const Instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

const STATES = ["enqueued", "dequeued", "acked", "rejected", "expired"] as const;

/** Query of `GET /api/connectors/{activityId}/messages`, besides `limit` and `after`. */
export const MessagesQuery = z.object({
  /** One state, or several by commas. */
  state: z
    .string()
    .transform((text) => text.split(",").map((state) => state.trim()))
    .pipe(z.array(z.enum(STATES)))
    .optional(),
  /** Files published at this instant or later. ISO 8601 with an offset. */
  from: Instant.optional(),
  /** Files published before this instant. */
  to: Instant.optional(),
  /** Name of the file, as the partner got it. */
  externalId: z.string().max(1_000).optional(),
  /** The run that made the file, or the message's id, which the partner knows as `CorrelationId`. */
  correlationId: Guid.optional(),
});

/** Body of `POST /api/connectors/{activityId}/messages/cleanup`. */
export const CleanupRequest = z.strictObject({
  /** Only what nobody is owed any more. */
  states: z.array(z.enum(["acked", "rejected", "expired"])).min(1),
  /** Both the file and the message's state are older; at least a day ago. ISO 8601 with an offset. */
  olderThan: Instant,
  /** Only counts, unless it is false. */
  dryRun: z.boolean().default(true),
  /** The `next` of the answer before. */
  after: z.string().max(200).nullish(),
});

/** Answer of `POST /api/connectors/{activityId}/messages/cleanup`. */
export const CleanupResponse = z.object({
  dryRun: z.boolean(),
  messages: z.int().describe("How many were deleted, or would be, by this call; at most 200."),
  next: z.string().nullable().describe("Where to go on; null at the end."),
});
export type CleanupResponse = z.infer<typeof CleanupResponse>;
