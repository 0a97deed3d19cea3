import { z } from "zod";

/** What operators are answered about submissions that partners handed in. Instants are ISO 8601 in UTC. */

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
    states: z.array(EndState).min(1).describe("Only submissions that have ended in one of these."),
    olderThan: z.iso
      .datetime({ offset: true })
      .transform((text) => new Date(text))
      .describe(
        "Both the hand-in and the end are older; at least 30 days ago. ISO 8601 with an offset.",
      ),
    dryRun: z.boolean().default(true).describe("Only counts, unless it is false."),
    after: z.string().max(200).nullish().describe("The `next` of the answer before."),
  })
  .describe("What is to be deleted.");

/** Query of `GET /api/submissions/{id}/error-file`. */
export const ErrorFileQuery = z.object({
  entity: z.string().min(1).max(200).describe("Name of the entity whose bad rows are asked for."),
});

const EntityResult = z.object({
  name: z.string().describe("The entity's name."),
  outcome: z
    .enum(["kept", "validated", "not-kept", "failed", "not-run"])
    .describe(
      "`kept`: the good rows are in the target; `validated`: they would be; `not-kept`: none is; `failed`: it broke off, and rows may be; `not-run`: it was not reached.",
    ),
  because: z
    .string()
    .nullable()
    .describe("Why nothing was kept, why it broke off, or why it was not reached."),
  partnerBecause: z.string().optional().describe("What the partner is told instead."),
  rows: z.int().describe("Rows that were read."),
  invalidRows: z.int().describe("Rows that could not be read or did not pass the checks."),
  refusedRows: z.int().describe("Rows that the target refused."),
  ignoredFields: z.array(z.string()).describe("Fields of the file that the import does not take."),
  matchedLoosely: z
    .array(
      z.object({
        wanted: z.string().describe("Name that the import has."),
        field: z.string().describe("Name that the file has."),
      }),
    )
    .describe(
      "Fields that were taken although their names differ in case, or in blanks around them; no other field could be meant.",
    ),
  errorFile: z
    .object({
      rows: z.int().describe("Rows in it."),
      contentType: z.string().describe("Its media type."),
      path: z
        .string()
        .describe("Where to get it: the bad rows alone, with the reason behind each."),
    })
    .nullable()
    .describe("The file with the entity's bad rows; null when none was bad."),
  startedAt: Instant.nullable().describe("When the entity was begun; null: not yet."),
  endedAt: Instant.nullable().describe("When the entity ended; null: not yet."),
});

/** One file that a partner handed in, and what became of it. */
export const SubmissionAnswer = z
  .object({
    connectorId: z.string().describe("Connector at which it was handed in."),
    id: z.string().describe("What the partner was told."),
    executionId: z.string().describe("Of the run that is owed or was the last."),
    earlierExecutionIds: z
      .array(z.string())
      .describe("Of its runs before, which somebody asked to be repeated."),
    clientExecutionId: z.string().nullable().describe("The partner's own name for the execution."),
    importId: z.string().describe("The import that it is for."),
    content: z
      .enum(["file", "package"])
      .describe("Whether it is the file of one entity or a data package."),
    sequence: z.int().nullable().describe("Place in an ordered connector."),
    state: SubmissionState.describe("How far it is."),
    bytes: z.int().describe("Size of the file as it was handed in."),
    sha256: z.string().describe("Of the bytes as they were handed in, hexadecimal."),
    fileDeletedAt: Instant.nullable().describe(
      "Since when the file and its error files are no longer kept: the submission cannot be run again.",
    ),
    externalId: z.string().nullable().describe("What the partner calls the file."),
    entity: z.string().nullable().describe("Null in a package."),
    company: z.string().nullable().describe("Company that the hand-in named."),
    parentId: z
      .string()
      .nullable()
      .describe("The submission whose bad rows, mended, this one brings."),
    children: z
      .array(
        z.object({
          id: z.string().describe("Id of the submission."),
          state: SubmissionState.describe("How far it is."),
        }),
      )
      .describe(
        "Messages that brought bad rows of this one, mended, the oldest first: once one is `processed`, these rows are in the target.",
      ),
    applicationId: z.string().describe("Who handed it in."),
    checkOnly: z.boolean().describe("Handed in to be checked alone: nothing goes to a target."),
    receivedAt: Instant.describe("When it was handed in."),
    touchedAt: Instant.describe("Last sign of life: queued, sent again, or an attempt begun."),
    dueAt: Instant.describe("Not to be attempted before."),
    resends: z.int().describe("How often its run was sent once more."),
    attempts: z.int().describe("How often its run was begun."),
    postponements: z.int().describe("How often its run was put off, to be tried again later."),
    continuations: z
      .int()
      .describe("How often an attempt ended with its time, and another went on behind its rows."),
    startedAt: Instant.nullable().describe("When the run was begun; null: not yet."),
    endedAt: Instant.nullable().describe("When the run ended; null: not yet."),
    result: z
      .object({
        validateOnly: z.boolean().describe("Whether rows were only checked."),
        errors: z.int().describe("All errors; a row may have several."),
        entities: z.array(EntityResult).describe("What became of each entity."),
      })
      .nullable()
      .describe("What became of the rows; null: not known yet."),
    failure: z
      .object({
        code: z.string().describe("Names the failure."),
        message: z.string().describe("A sentence for people."),
        partnerMessage: z.string().optional().describe("What the partner is told instead."),
      })
      .nullable()
      .describe("Why the run as a whole failed; null when it did not."),
  })
  .meta({
    id: "Submission",
    description: "A file that a partner handed in, and what became of it.",
  });

/** One submission with the first of its errors. */
export const SubmissionDetail = SubmissionAnswer.extend({
  errorList: z
    .array(
      z.object({
        entity: z.string().describe("The entity's name."),
        row: z.int().describe("Number of the row in the file, from 1, the header not counted."),
        field: z.string().nullable().describe("Name of the field; null: the row as a whole."),
        value: z.string().nullable().describe("Shortened."),
        reason: z.string().describe("What is wrong with it."),
        partnerReason: z.string().optional().describe("What the partner is told instead."),
      }),
    )
    .describe("The first of its errors; the error files have all."),
}).meta({
  id: "SubmissionDetail",
  description: "The same, with the first of its errors.",
});
