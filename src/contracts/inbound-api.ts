import { z } from "zod";

/** What operators are answered about messages that partners handed in. Instants are ISO 8601 in UTC. */

const Instant = z.iso.datetime();

export const InboundState = z.enum([
  "enqueued",
  "preprocessing",
  "processing",
  "processed",
  "processed-with-errors",
  "preprocessing-failed",
  "postprocessing-failed",
  "dead-lettered",
]);
export type InboundState = z.infer<typeof InboundState>;

/** Query of lists of messages, besides `limit` and `after`. */
export const InboundQuery = z.object({ state: InboundState.nullish() });

const EndState = InboundState.exclude(["enqueued", "preprocessing", "processing"]);

/** Body of `POST /api/connectors/{id}/inbound-messages/cleanup`. */
export const InboundCleanupRequest = z.strictObject({
  /** Only messages that have ended in one of these. */
  states: z.array(EndState).min(1),
  /** Both the hand-in and the end are older; at least 30 days ago. ISO 8601 with an offset. */
  olderThan: z.iso.datetime({ offset: true }).transform((text) => new Date(text)),
  /** Only counts, unless it is false. */
  dryRun: z.boolean().default(true),
  /** The `next` of the answer before. */
  after: z.string().max(200).nullish(),
});

/** Query of `GET /api/inbound-messages/{id}/error-file`. */
export const ErrorFileQuery = z.object({ entity: z.string().min(1).max(200) });

const EntityResult = z.object({
  name: z.string(),
  outcome: z
    .enum(["kept", "validated", "not-kept", "failed", "not-run"])
    .describe(
      "`kept`: the good rows are in the target; `validated`: they would be; `not-kept`: none is; `failed`: it broke off, and rows may be; `not-run`: it was not reached.",
    ),
  because: z
    .string()
    .nullable()
    .describe("Why nothing was kept, why it broke off, or why it was not reached."),
  rows: z.int(),
  invalidRows: z.int().describe("Rows that could not be read or did not pass the checks."),
  refusedRows: z.int().describe("Rows that the target refused."),
  ignoredFields: z.array(z.string()).describe("Fields of the file that the import does not take."),
  errorFile: z
    .object({
      rows: z.int(),
      contentType: z.string(),
      path: z
        .string()
        .describe("Where to get it: the bad rows alone, with the reason behind each."),
    })
    .nullable(),
  startedAt: Instant.nullable(),
  endedAt: Instant.nullable(),
});

/** One file that a partner handed in, and what became of it. */
export const InboundMessageAnswer = z.object({
  activityId: z.string(),
  id: z.string().describe("What the partner was told."),
  executionId: z.string().describe("Of the run that is owed or was the last."),
  earlierExecutionIds: z.array(z.string()),
  clientExecutionId: z.string().nullable().describe("The partner's own name for the execution."),
  importId: z.string(),
  content: z.enum(["file", "package"]),
  sequence: z.int().nullable().describe("Place in an ordered connector."),
  state: InboundState,
  bytes: z.int(),
  sha256: z.string(),
  fileDeletedAt: Instant.nullable().describe(
    "Since when the file and its error files are no longer kept: the message cannot be run again.",
  ),
  externalId: z.string().nullable().describe("What the partner calls the file."),
  entity: z.string().nullable().describe("Null in a package."),
  company: z.string().nullable(),
  parentId: z.string().nullable().describe("The message whose bad rows, mended, this one brings."),
  children: z
    .array(z.object({ id: z.string(), state: InboundState }))
    .describe(
      "Messages that brought bad rows of this one, mended, the oldest first: once one is `processed`, these rows are in the target.",
    ),
  applicationId: z.string().describe("Who handed it in."),
  checkOnly: z.boolean().describe("Handed in to be checked alone: nothing goes to a target."),
  receivedAt: Instant,
  touchedAt: Instant.describe("Last sign of life: queued, sent again, or an attempt begun."),
  dueAt: Instant.describe("Not to be attempted before."),
  resends: z.int(),
  attempts: z.int(),
  postponements: z.int(),
  startedAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  result: z
    .object({
      validateOnly: z.boolean(),
      errors: z.int().describe("All errors; a row may have several."),
      entities: z.array(EntityResult),
    })
    .nullable(),
  failure: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type InboundMessageAnswer = z.infer<typeof InboundMessageAnswer>;

/** One message with the first of its errors. */
export const InboundMessageDetail = InboundMessageAnswer.extend({
  errorList: z.array(
    z.object({
      entity: z.string(),
      row: z.int().describe("Number of the row in the file, from 1, the header not counted."),
      field: z.string().nullable(),
      value: z.string().nullable().describe("Shortened."),
      reason: z.string(),
    }),
  ),
});
export type InboundMessageDetail = z.infer<typeof InboundMessageDetail>;
