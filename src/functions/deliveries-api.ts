import { z } from "zod";
import { Guid } from "../domain/ids.ts";

const Instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

const STATES = ["enqueued", "dequeued", "acked", "rejected", "expired"] as const;

/** Query of `GET /api/connectors/{connectorId}/deliveries`, besides `limit` and `after`. */
export const DeliveriesQuery = z.object({
  state: z
    .string()
    .transform((text) => text.split(",").map((state) => state.trim()))
    .pipe(z.array(z.enum(STATES)))
    .optional()
    .describe("One state, or several by commas."),
  unfetched: z
    .enum(["true"])
    .optional()
    .describe("`true`: only what was acknowledged although its file was never fetched."),
  from: Instant.optional().describe(
    "Files published at this instant or later. ISO 8601 with an offset.",
  ),
  to: Instant.optional().describe("Files published before this instant."),
  externalId: z.string().max(1_000).optional().describe("Name of the file, as the partner got it."),
  correlationId: Guid.optional().describe(
    "The run that made the file, or the delivery's id, which the partner knows as `CorrelationId`.",
  ),
});

/** Body of `POST /api/connectors/{connectorId}/deliveries/cleanup`. */
export const CleanupRequest = z
  .strictObject({
    states: z
      .array(z.enum(["acked", "rejected", "expired"]))
      .min(1)
      .describe("Only what nobody is owed any more."),
    olderThan: Instant.describe(
      "Both the file and the delivery's state are older; at least a day ago. ISO 8601 with an offset.",
    ),
    dryRun: z.boolean().default(true).describe("Only counts, unless it is false."),
    after: z.string().max(200).nullish().describe("The `next` of the answer before."),
  })
  .describe("What is to be deleted.");

/** Answer of `POST /api/connectors/{connectorId}/deliveries/cleanup`. */
export const CleanupResponse = z
  .object({
    dryRun: z.boolean().describe("Whether deliveries were only counted."),
    count: z.int().describe("How many were deleted, or would be, by this call; at most 200."),
    next: z.string().nullable().describe("Where to go on; null at the end."),
  })
  .describe("What was deleted, or would be.");
export type CleanupResponse = z.infer<typeof CleanupResponse>;
