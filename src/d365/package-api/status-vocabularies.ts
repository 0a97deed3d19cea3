import type { Delivery } from "../../domain/deliveries/delivery.ts";
import type { Run } from "../../domain/exports/run.ts";
import type { EntityResult } from "../../domain/imports/import-result.ts";
import type { Submission } from "../../domain/submissions/submission.ts";
import type {
  DataJobState,
  EntityExecutionState,
  ExecutionSummaryStatus,
  MessageStatus,
} from "../d365-status.ts";

/** One state in the words of each of the three vocabularies. */
export interface StatusWords {
  readonly message: MessageStatus;
  readonly job: DataJobState;
  readonly execution: ExecutionSummaryStatus;
}

/**
 * Statuses of submissions. `dead-lettered` counts as failed after processing began: rows of it may be in the target, so
 * a partner must not think that nothing happened.
 */
const SUBMISSION: Readonly<Record<Submission["state"], StatusWords>> = {
  enqueued: { message: "Enqueued", job: "Enqueued", execution: "NotRun" },
  preprocessing: { message: "Preprocessing", job: "InProcess", execution: "Executing" },
  processing: { message: "Processing", job: "InProcess", execution: "Executing" },
  processed: { message: "Processed", job: "Processed", execution: "Succeeded" },
  "processed-with-errors": {
    message: "ProcessedWithErrors",
    job: "ProcessedWithErrors",
    execution: "PartiallySucceeded",
  },
  "preprocessing-failed": {
    message: "PreProcessingError",
    job: "PreProcessError",
    execution: "Failed",
  },
  "postprocessing-failed": {
    message: "PostProcessingFailed",
    job: "PostProcessError",
    execution: "Failed",
  },
  "dead-lettered": {
    message: "PostProcessingFailed",
    job: "PostProcessError",
    execution: "Failed",
  },
};

/** Runs of exports. */
const RUN: Readonly<Record<Run["state"], StatusWords>> = {
  queued: { message: "Enqueued", job: "Enqueued", execution: "NotRun" },
  running: { message: "Processing", job: "InProcess", execution: "Executing" },
  succeeded: { message: "Processed", job: "Processed", execution: "Succeeded" },
  failed: { message: "PreProcessingError", job: "PreProcessError", execution: "Failed" },
};

/** Files that wait for a partner, in the one vocabulary that knows them. */
const WAITING_FILE: Readonly<Record<Delivery["state"], MessageStatus>> = {
  enqueued: "Enqueued",
  dequeued: "Dequeued",
  acked: "Acked",
  sent: "Acked",
  // the partner had it and could do nothing with it; nobody had it
  rejected: "PostProcessingFailed",
  expired: "PreProcessingError",
};

interface EntityWords {
  readonly staging: EntityExecutionState;
  readonly target: EntityExecutionState;
}

/** Reading and checking rows is what Dynamics calls staging. */
const ENTITY: Readonly<Record<EntityResult["outcome"], EntityWords>> = {
  kept: { staging: "Finished", target: "Finished" },
  validated: { staging: "Finished", target: "NotRun" },
  "not-kept": { staging: "Error", target: "NotRun" },
  failed: { staging: "Finished", target: "Error" },
  "not-run": { staging: "NotRun", target: "NotRun" },
};

/** Text about an entity whose rows were checked and not written. */
export const CHECKED_ONLY = "checked only: nothing was written to the target";

export function submissionStatus({ state }: Pick<Submission, "state">): StatusWords {
  return SUBMISSION[state];
}

export function runStatus({ state }: Pick<Run, "state">): StatusWords {
  return RUN[state];
}

export function waitingFileStatus({ state }: Pick<Delivery, "state">): MessageStatus {
  return WAITING_FILE[state];
}

export function entityStatus({ outcome }: Pick<EntityResult, "outcome">): EntityWords {
  return ENTITY[outcome];
}
