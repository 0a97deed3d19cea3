import { describe, expect, test } from "vitest";
import { isAppError } from "../../../src/domain/errors.ts";
import type { ImportResult } from "../../../src/domain/imports/import-result.ts";
import {
  begun,
  continued,
  ended,
  isOwed,
  postponed,
  processing,
  resent,
  type Submission,
  toRunAgain,
} from "../../../src/domain/submissions/submission.ts";
import type { SubmissionState } from "../../../src/domain/submissions/submission-api.ts";
import { aSubmission } from "../../support/a-submission.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
const LATER = new Date("2026-03-01T12:05:00Z");
const FAILURE = { code: "target-unavailable", message: "no answer" };
const PATH = { container: "import-errors", name: "a/b/list" };

const RESULT: ImportResult = {
  validateOnly: false,
  entities: [],
  errors: 1,
  errorList: { path: PATH, kept: 1 },
};

const EVENTS: Readonly<Record<string, (submission: Submission) => Submission>> = {
  begun: (submission) => begun(submission, { attemptId: "attempt", now: NOW, writes: [PATH] }),
  processing: (submission) => processing(submission, "v1"),
  processed: (submission) =>
    ended(submission, { state: "processed", result: RESULT, failure: null, now: NOW }),
  "dead-lettered": (submission) =>
    ended(submission, { state: "dead-lettered", result: null, failure: FAILURE, now: NOW }),
  postponed: (submission) => postponed(submission, { failure: FAILURE, now: NOW, dueAt: LATER }),
  resent: (submission) => resent(submission, NOW),
  requeued: (submission) => toRunAgain(submission, { executionId: "e2", now: NOW }),
};

/** The next state for each event and state; null: the event is refused. */
const TABLE: Readonly<Record<SubmissionState, Record<string, SubmissionState | null>>> = {
  enqueued: owed({ resent: "enqueued" }),
  preprocessing: owed({ resent: "preprocessing" }),
  processing: owed({ resent: "processing" }),
  processed: over({ requeued: null }),
  "processed-with-errors": over({}),
  "preprocessing-failed": over({}),
  "postprocessing-failed": over({}),
  "dead-lettered": over({}),
};

function owed(
  others: Record<string, SubmissionState | null>,
): Record<string, SubmissionState | null> {
  return {
    begun: "preprocessing",
    processing: "processing",
    processed: "processed",
    "dead-lettered": "dead-lettered",
    postponed: "enqueued",
    requeued: null,
    ...others,
  };
}

function over(
  others: Record<string, SubmissionState | null>,
): Record<string, SubmissionState | null> {
  return {
    ...Object.fromEntries(Object.keys(EVENTS).map((event) => [event, null])),
    requeued: "enqueued",
    ...others,
  };
}

const STATES = Object.keys(TABLE) as SubmissionState[];

const CASES = STATES.flatMap((state) =>
  Object.keys(EVENTS).map((event) => ({ state, event, next: TABLE[state][event] })),
);

test.each(CASES)("$state, $event: $next", ({ state, event, next }) => {
  const submission = aSubmission({ state, revision: 7 });
  const change = EVENTS[event] as (submission: Submission) => Submission;

  if (next === null) {
    expect(() => change(submission)).toThrow();
    return;
  }
  const changed = change(submission);

  expect([changed.state, changed.revision]).toEqual([next, 8]);
});

test("a requeue of what has not failed is refused with a name", () => {
  for (const state of ["enqueued", "preprocessing", "processing", "processed"] as const) {
    try {
      toRunAgain(aSubmission({ state }), { executionId: "e2", now: NOW });
      expect.unreachable();
    } catch (error) {
      expect(isAppError(error, "submission-not-failed")).toBe(true);
    }
  }
});

test.each(STATES)("isOwed says whether a submission that is %s may still be run", (state) => {
  const canBegin = TABLE[state].begun !== null;

  expect(isOwed({ state })).toBe(canBegin);
});

describe("an attempt", () => {
  test("is counted, and what it may write is known beside what earlier ones may have written", () => {
    const other = { container: "import-errors", name: "a/c/list" };
    const first = begun(aSubmission(), { attemptId: "attempt", now: NOW, writes: [PATH] });

    const second = begun(first, { attemptId: "attempt", now: LATER, writes: [other] });

    expect(second).toMatchObject({ attempts: 2, startedAt: NOW, written: [PATH, other] });
  });

  test("that ends with a result knows no other files than those of the result", () => {
    const stray = { container: "import-errors", name: "a/c/list" };
    const submission = begun(aSubmission(), {
      attemptId: "attempt",
      now: NOW,
      writes: [PATH, stray],
    });

    const end = { state: "processed", failure: null, now: LATER } as const;

    expect(ended(submission, { ...end, result: RESULT }).written).toEqual([PATH]);
    expect(ended(submission, { ...end, result: null }).written).toEqual([PATH, stray]);
  });
});

test("an attempt that goes on later leaves everything as it is, and counts", () => {
  const submission = aSubmission({ state: "processing", importVersion: "v1", continuations: 2 });

  expect(continued(submission, LATER)).toEqual({
    ...submission,
    continuations: 3,
    touchedAt: LATER,
    revision: submission.revision + 1,
  });
});

test("a requeue begins anew under another execution id, and keeps the old ones", () => {
  const failed = aSubmission({
    state: "dead-lettered",
    executionId: "e1",
    earlierExecutionIds: ["e0"],
    attempts: 4,
    postponements: 3,
    continuations: 2,
    importVersion: "v1",
    endedAt: NOW,
    failure: FAILURE,
    written: [PATH],
  });

  expect(toRunAgain(failed, { executionId: "e2", now: LATER })).toMatchObject({
    state: "enqueued",
    executionId: "e2",
    earlierExecutionIds: ["e0", "e1"],
    attempts: 0,
    postponements: 0,
    continuations: 0,
    importVersion: null,
    dueAt: LATER,
    endedAt: null,
    failure: null,
    written: [PATH],
  });
});
