import { describe, expect, test } from "vitest";
import { isAppError } from "../../../src/domain/errors.ts";
import type { ImportResult } from "../../../src/domain/imports/import-result.ts";
import {
  alive,
  begun,
  continued,
  ended,
  isOwed,
  postponed,
  processing,
  resent,
  type Submission,
  toRunAgain,
  withoutFile,
} from "../../../src/domain/submissions/submission.ts";
import { SubmissionState } from "../../../src/domain/submissions/submission-api.ts";
import { aSubmission } from "../../support/a-submission.ts";
import { drawn, grid } from "../../support/grid.ts";

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

const ACTS = {
  begun: (submission: Submission) =>
    begun(submission, { attemptId: "attempt", now: NOW, writes: [PATH] }),
  processing: (submission: Submission) => processing(submission, "v1"),
  alive: (submission: Submission) => alive(submission, NOW),
  processed: (submission: Submission) =>
    ended(submission, { state: "processed", result: RESULT, failure: null, now: NOW }),
  "set aside": (submission: Submission) =>
    ended(submission, { state: "dead-lettered", result: null, failure: FAILURE, now: NOW }),
  postponed: (submission: Submission) =>
    postponed(submission, { failure: FAILURE, now: NOW, dueAt: LATER }),
  continued: (submission: Submission) => continued(submission, LATER),
  resent: (submission: Submission) => resent(submission, NOW),
  requeued: (submission: Submission) => toRunAgain(submission, { executionId: "e2", now: NOW }),
  "without file": (submission: Submission) => withoutFile(submission, NOW),
} satisfies Record<string, (submission: Submission) => Submission>;

/** While a run is owed an attempt may act, and nobody else. `refused` is a fault of ours, `not failed` one of the caller. */
const WHILE_IT_RUNS = `
  state                 | begun         | processing | alive         | processed | set aside     | postponed | continued     | resent
  enqueued              | preprocessing | processing | enqueued      | processed | dead-lettered | enqueued  | enqueued      | enqueued
  preprocessing         | preprocessing | processing | preprocessing | processed | dead-lettered | enqueued  | preprocessing | preprocessing
  processing            | preprocessing | processing | processing    | processed | dead-lettered | enqueued  | processing    | processing
  processed             | refused       | refused    | refused       | refused   | refused       | refused   | refused       | refused
  processed-with-errors | refused       | refused    | refused       | refused   | refused       | refused   | refused       | refused
  preprocessing-failed  | refused       | refused    | refused       | refused   | refused       | refused   | refused       | refused
  postprocessing-failed | refused       | refused    | refused       | refused   | refused       | refused   | refused       | refused
  dead-lettered         | refused       | refused    | refused       | refused   | refused       | refused   | refused       | refused
`;

const AFTER_ITS_END = `
  state                 | owed | requeued   | without file
  enqueued              | yes  | not failed | refused
  preprocessing         | yes  | not failed | refused
  processing            | yes  | not failed | refused
  processed             | -    | not failed | processed
  processed-with-errors | -    | enqueued   | processed-with-errors
  preprocessing-failed  | -    | enqueued   | preprocessing-failed
  postprocessing-failed | -    | enqueued   | postprocessing-failed
  dead-lettered         | -    | enqueued   | dead-lettered
`;

const STATES = Object.fromEntries(
  SubmissionState.options.map((state) => [state, aSubmission({ state, revision: 7 })]),
);

function outcome(submission: Submission, act: (submission: Submission) => Submission): string {
  try {
    const { state, revision } = act(submission);
    return revision === 8 ? state : `revision ${revision}`;
  } catch (error) {
    return isAppError(error, "submission-not-failed") ? "not failed" : "refused";
  }
}

test("what an attempt or a tick does to a submission in each state", async () => {
  const { requeued: _, "without file": __, ...acts } = ACTS;

  expect(await grid({ states: STATES, acts }, outcome)).toEqual(drawn(WHILE_IT_RUNS));
});

test("whether a submission in each state is owed a run, may be requeued, and may give up its file", async () => {
  const acts: Record<string, (submission: Submission) => string> = {
    owed: (submission) => (isOwed(submission) ? "yes" : "-"),
    requeued: (submission) => outcome(submission, ACTS.requeued),
    "without file": (submission) => outcome(submission, ACTS["without file"]),
  };

  const found = await grid({ states: STATES, acts }, (submission, act) => act(submission));
  expect(found).toEqual(drawn(AFTER_ITS_END));
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
