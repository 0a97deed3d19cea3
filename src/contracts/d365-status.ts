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

/** What stands for "not yet": clients read dates into a type without null. */
export const NO_DATE = "0001-01-01T00:00:00Z";

const EntityState = z.literal(Object.values(ENTITY_EXECUTION_STATES));

/** What became of one entity. Enums as numbers, dates as ISO 8601 in UTC, never null. */
export const ExecutionDetail = z.object({
  EntityName: z.string(),
  Company: z.string(),
  StagingRecords: z.int(),
  StagingStatus: EntityState,
  StagingErrorCount: z.int(),
  TargetRecords: z.int(),
  TargetStatus: EntityState,
  TargetErrorCount: z.int(),
  ExecutionStartedDateTime: z.iso.datetime(),
  ExecutionCompletedDateTime: z.iso.datetime(),
});
export type ExecutionDetail = z.infer<typeof ExecutionDetail>;

/** Answer of `GET /api/connector/jobstatus/{activityId}?jobId=`. Enums as numbers, dates as ISO 8601 in UTC, never null. */
export const JobStatusResponse = z.object({
  DataJobStatus: z.object({
    DataProject: z.string(),
    DataJobIdentifier: z.string(),
    ExternalIdentifier: z
      .string()
      .describe("What the partner called the file when it handed it in."),
    ExecutionIdentifier: z.string(),
    DataJobStartedDateTime: z.iso.datetime().describe(`\`${NO_DATE}\`: not yet.`),
    DataJobCompletedDateTime: z.iso.datetime(),
    DataJobState: z.literal(Object.values(DATA_JOB_STATES)),
  }),
  ExecutionLog: z.string(),
  ExecutionDetail: z.array(ExecutionDetail),
});
export type JobStatusResponse = z.infer<typeof JobStatusResponse>;
