import { z } from "zod";

/** Answers to operators about submissions. Times are ISO 8601 in UTC. */

const Instant = z.iso.datetime();

export const SubmissionState = z.enum([
  "enqueued",
  "preprocessing",
  "processing",
  "processed",
  "processed-with-errors",
  "preprocessing-failed",
  "postprocessing-failed",
  "dead-lettered",
]);
export type SubmissionState = z.infer<typeof SubmissionState>;

/** Query of lists of submissions, besides `limit` and `after`. */
export const SubmissionQuery = z.object({
  state: SubmissionState.nullish().describe("Only submissions in this state."),
});

const EndState = SubmissionState.exclude(["enqueued", "preprocessing", "processing"]);

/** Body of `POST /api/connectors/{id}/submissions/cleanup`. */
export const SubmissionCleanupRequest = z
  .strictObject({
    states: z
      .array(EndState)
      .min(1)
      .describe("Only submissions that have ended in one of these states."),
    olderThan: z.iso
      .datetime({ offset: true })
      .transform((text) => new Date(text))
      .describe(
        "Both the receipt and the end are older; at least 30 days ago. ISO 8601 with an offset.",
      ),
    dryRun: z.boolean().default(true).describe("Only counts, unless it is false."),
    after: z.string().max(200).nullish().describe("The `next` of the answer before."),
  })
  .describe("Submissions to delete.");

/** Query of `GET /api/submissions/{id}/error-file`. */
export const ErrorFileQuery = z.object({
  entity: z.string().min(1).max(200).describe("Name of the entity whose bad rows are requested."),
});

const EntityResult = z.object({
  name: z.string().describe("The entity's name."),
  outcome: z
    .enum(["kept", "validated", "not-kept", "failed", "not-run"])
    .describe(
      "`kept`: the good rows are in the target; `validated`: they would be; `not-kept`: none is; `failed`: it broke off, and some rows may be; `not-run`: it was not reached.",
    ),
  because: z
    .string()
    .nullable()
    .describe("Why nothing was kept, why it broke off, or why it was not reached."),
  partnerBecause: z.string().optional().describe("Text for the partner."),
  rows: z.int().describe("Number of rows that were read."),
  invalidRows: z
    .int()
    .describe("Number of rows that could not be read or did not pass the checks."),
  refusedRows: z.int().describe("Number of rows that the target refused."),
  ignoredFields: z.array(z.string()).describe("Fields of the file that the import does not use."),
  matchedLoosely: z
    .array(
      z.object({
        wanted: z.string().describe("Name in the import."),
        field: z.string().describe("Name in the file."),
      }),
    )
    .describe(
      "Fields that were matched although their names differ in case, or in blanks around them; no other field could be meant.",
    ),
  errorFile: z
    .object({
      rows: z.int().describe("Number of rows."),
      contentType: z.string().describe("Its media type."),
      path: z.string().describe("Address of the file: only the bad rows, each with its reason."),
    })
    .nullable()
    .describe("The file with the entity's bad rows; null when no row was bad."),
  startedAt: Instant.nullable().describe("Time at which the entity began; null: not yet."),
  endedAt: Instant.nullable().describe("Time at which the entity ended; null: not yet."),
});

/** One file that a partner sent, and its result. */
export const SubmissionAnswer = z
  .object({
    connectorId: z.string().describe("Connector that received it."),
    id: z.string().describe("Id that the partner was given."),
    executionId: z.string().describe("Id of the owed run or the last one."),
    earlierExecutionIds: z.array(z.string()).describe("Ids of earlier runs, which were requeued."),
    clientExecutionId: z.string().nullable().describe("The partner's own name for the execution."),
    importId: z.string().describe("Id of the import."),
    content: z
      .enum(["file", "package"])
      .describe("Whether it is the file of one entity or a data package."),
    sequence: z.int().nullable().describe("Place in an ordered connector."),
    state: SubmissionState.describe("State of the submission."),
    bytes: z.int().describe("Size of the received file."),
    sha256: z.string().describe("SHA-256 of the received bytes, hexadecimal."),
    fileDeletedAt: Instant.nullable().describe(
      "Time since which the file and its error files are no longer kept: the submission cannot be run again.",
    ),
    externalId: z.string().nullable().describe("The partner's name for the file."),
    entity: z.string().nullable().describe("Null in a package."),
    company: z.string().nullable().describe("Company that the request named."),
    parentId: z
      .string()
      .nullable()
      .describe("The submission whose mended bad rows are in this one."),
    children: z
      .array(
        z.object({
          id: z.string().describe("Id of the submission."),
          state: SubmissionState.describe("State of the submission."),
        }),
      )
      .describe(
        "Submissions with mended bad rows of this one, the oldest first: once one is `processed`, these rows are in the target.",
      ),
    applicationId: z.string().describe("Client id of the partner's application."),
    checkOnly: z.boolean().describe("Sent to be checked only: nothing goes to a target."),
    receivedAt: Instant.describe("Time of receipt."),
    touchedAt: Instant.describe("Last sign of life: queued, sent again, or an attempt begun."),
    dueAt: Instant.describe("Earliest time of the next attempt."),
    resends: z.int().describe("How often its run was sent again."),
    attempts: z.int().describe("How often its run was begun."),
    postponements: z.int().describe("How often its run was put off, to be tried again later."),
    continuations: z
      .int()
      .describe(
        "How often the time of an attempt ended, and another one continued after its rows.",
      ),
    startedAt: Instant.nullable().describe("Time at which the run began; null: not yet."),
    endedAt: Instant.nullable().describe("Time at which the run ended; null: not yet."),
    result: z
      .object({
        validateOnly: z.boolean().describe("Whether rows were only checked."),
        errors: z.int().describe("Number of all errors; a row may have several."),
        entities: z.array(EntityResult).describe("Result of each entity."),
      })
      .nullable()
      .describe("Result of the rows; null: not known yet."),
    failure: z
      .object({
        code: z.string().describe("Code of the failure."),
        message: z.string().describe("A sentence for people."),
        partnerMessage: z.string().optional().describe("Text for the partner."),
      })
      .nullable()
      .describe("Why the run as a whole failed; null when it did not."),
  })
  .meta({
    id: "Submission",
    description: "A file that a partner sent, and its result.",
  });

/** One submission with the first of its errors. */
export const SubmissionDetail = SubmissionAnswer.extend({
  errorList: z
    .array(
      z.object({
        entity: z.string().describe("The entity's name."),
        row: z.int().describe("Number of the row in the file, from 1, not counting the header."),
        field: z.string().nullable().describe("Name of the field; null: the whole row."),
        value: z.string().nullable().describe("Shortened."),
        reason: z.string().describe("Reason why it is wrong."),
        partnerReason: z.string().optional().describe("Text for the partner."),
      }),
    )
    .describe("The first of its errors; the error files have all."),
}).meta({
  id: "SubmissionDetail",
  description: "The submission with the first of its errors.",
});
