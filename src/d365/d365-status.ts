import { z } from "zod";

/**
 * The three vocabularies that Dynamics 365 has for how far a message or an execution is. Clients compare these words
 * letter by letter, and some fail on a word that they do not know: nothing may be added.
 */

/** Answers of `GetMessageStatus`, in the documented spelling. */
export const MessageStatus = z.enum([
  "Enqueued",
  "Dequeued",
  "Acked",
  "Preprocessing",
  "Processing",
  "Processed",
  "PreProcessingError",
  "ProcessedWithErrors",
  "PostProcessingFailed",
]);
export type MessageStatus = z.infer<typeof MessageStatus>;

/**
 * Answers of `GetExecutionSummaryStatus`. The original knows `Unknown` too; known clients take it for the end of an
 * execution, so it is not among ours.
 */
export const ExecutionSummaryStatus = z.enum([
  "NotRun",
  "Executing",
  "Succeeded",
  "PartiallySucceeded",
  "Failed",
  "Canceled",
]);
export type ExecutionSummaryStatus = z.infer<typeof ExecutionSummaryStatus>;

/** `DataJobState` of jobstatus, by name. */
export const DATA_JOB_STATES = {
  Enqueued: 0,
  Dequeued: 1,
  Downloaded: 2,
  Acked: 3,
  InProcess: 4,
  Processed: 5,
  ProcessedWithErrors: 6,
  PostProcessError: 7,
  PreProcessError: 8,
} as const;
export type DataJobState = keyof typeof DATA_JOB_STATES;

/** `EntityExecutionStateEnum` of jobstatus, by name. */
export const ENTITY_EXECUTION_STATES = {
  NotStarted: 0,
  Waiting: 1,
  Executing: 2,
  Error: 3,
  Finished: 4,
  Ready: 5,
  NotRun: 6,
  Cancelling: 7,
  Canceled: 8,
  Hold: 9,
} as const;
export type EntityExecutionState = keyof typeof ENTITY_EXECUTION_STATES;

/** Stands for "not yet": clients read dates into a type without null. */
export const NO_DATE = "0001-01-01T00:00:00Z";

const EntityState = z.literal(Object.values(ENTITY_EXECUTION_STATES));

/** Result of one entity. Enums are numbers, dates are ISO 8601 in UTC, never null. */
export const ExecutionDetail = z
  .object({
    EntityName: z.string().describe("The entity's name."),
    Company: z.string().describe("Company of the rows; empty when the request named none."),
    StagingRecords: z.int().describe("Rows that were read."),
    StagingStatus: EntityState.describe("How far reading is."),
    StagingErrorCount: z.int().describe("Rows that could not be read or did not pass the checks."),
    TargetRecords: z.int().describe("Rows that the target has taken."),
    TargetStatus: EntityState.describe("How far writing is."),
    TargetErrorCount: z.int().describe("Rows that the target refused."),
    ExecutionStartedDateTime: z.iso
      .datetime()
      .describe("When the entity was begun; `0001-01-01T00:00:00Z`: not yet."),
    ExecutionCompletedDateTime: z.iso
      .datetime()
      .describe("When the entity ended; `0001-01-01T00:00:00Z`: not yet."),
  })
  .meta({ id: "ExecutionDetail", description: "The result of one entity." });
export type ExecutionDetail = z.infer<typeof ExecutionDetail>;

/** Answer of `GET /api/connector/jobstatus/{activityId}?jobId=`. Enums as numbers, dates as ISO 8601 in UTC, never null. */
export const JobStatusResponse = z
  .object({
    DataJobStatus: z
      .object({
        DataProject: z.string().describe("The import that the file is for."),
        DataJobIdentifier: z.string().describe("Id of the message."),
        ExternalIdentifier: z.string().describe("The partner's name for the file."),
        ExecutionIdentifier: z.string().describe("The partner's own execution id, or else ours."),
        DataJobStartedDateTime: z.iso.datetime().describe(`\`${NO_DATE}\`: not yet.`),
        DataJobCompletedDateTime: z.iso
          .datetime()
          .describe("When it ended; `0001-01-01T00:00:00Z`: not yet."),
        DataJobState: z
          .literal(Object.values(DATA_JOB_STATES))
          .describe("How far it is, as a number of the original's enum."),
      })
      .describe("The message as a whole."),
    ExecutionLog: z.string().describe("The errors as text; empty without errors."),
    ExecutionDetail: z.array(ExecutionDetail).describe("The result of each entity."),
    Repetitions: z
      .int()
      .min(1)
      .optional()
      .describe(
        "How often the request came again and was taken for a repetition, which imports nothing; absent: never. The original has no such member.",
      ),
  })
  .meta({ id: "JobStatusResponse", description: "How far a received file is." });
export type JobStatusResponse = z.infer<typeof JobStatusResponse>;
