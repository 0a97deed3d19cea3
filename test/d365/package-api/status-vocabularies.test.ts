import { expect, test } from "vitest";
import {
  runStatus,
  submissionStatus,
  waitingFileStatus,
} from "../../../src/d365/package-api/status-vocabularies.ts";
import { SubmissionState } from "../../../src/domain/submissions/submission-api.ts";

const WORDS = {
  enqueued: ["Enqueued", "Enqueued", "NotRun"],
  preprocessing: ["Preprocessing", "InProcess", "Executing"],
  processing: ["Processing", "InProcess", "Executing"],
  processed: ["Processed", "Processed", "Succeeded"],
  "processed-with-errors": ["ProcessedWithErrors", "ProcessedWithErrors", "PartiallySucceeded"],
  "preprocessing-failed": ["PreProcessingError", "PreProcessError", "Failed"],
  "postprocessing-failed": ["PostProcessingFailed", "PostProcessError", "Failed"],
  "dead-lettered": ["PostProcessingFailed", "PostProcessError", "Failed"],
} as const;

test.each(SubmissionState.options)(
  "inboundStatus says %s in the words of each vocabulary",
  (state) => {
    const { message, job, execution } = submissionStatus({ state });

    expect([message, job, execution]).toEqual(WORDS[state]);
  },
);

test.each([
  ["queued", "Enqueued", "NotRun"],
  ["running", "Processing", "Executing"],
  ["succeeded", "Processed", "Succeeded"],
  ["failed", "PreProcessingError", "Failed"],
] as const)("runStatus says %s as %s and %s", (state, message, execution) => {
  expect(runStatus({ state })).toMatchObject({ message, execution });
});

test.each([
  ["enqueued", "Enqueued"],
  ["dequeued", "Dequeued"],
  ["acked", "Acked"],
  ["rejected", "PostProcessingFailed"],
  ["expired", "PreProcessingError"],
] as const)("waitingFileStatus says %s as %s", (state, expected) => {
  expect(waitingFileStatus({ state })).toBe(expected);
});

/** When the known clients stop asking, each in its own words. */
const ENDS = {
  message: ["Processed", "PreProcessingError", "ProcessedWithErrors", "PostProcessingFailed"],
  job: ["Processed", "ProcessedWithErrors", "PostProcessError", "PreProcessError"],
  execution: ["Succeeded", "Unknown", "PartiallySucceeded", "Failed", "Canceled"],
};

test.each(SubmissionState.options)(
  "clients of all three vocabularies agree on whether %s is an end",
  (state) => {
    const isOwed = ["enqueued", "preprocessing", "processing"].includes(state);
    const words = submissionStatus({ state });

    expect([
      ENDS.message.includes(words.message),
      ENDS.job.includes(words.job),
      ENDS.execution.includes(words.execution),
    ]).toEqual([!isOwed, !isOwed, !isOwed]);
  },
);
