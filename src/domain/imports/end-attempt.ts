import { AppError } from "../errors.ts";
import type { Ports } from "../ports.ts";
import {
  continued,
  type EndState,
  ended,
  postponed,
  type Submission,
} from "../submissions/submission.ts";
import { type Attempt, TakenOver } from "./attempt.ts";
import { passingFailure } from "./final-failure.ts";
import type { EntityResult, ImportFailure, ImportResult } from "./import-result.ts";
import { nextAttemptAt } from "./retry-policy.ts";
import { listText } from "./row-errors.ts";
import { sendImportNowOrLater } from "./send-owed-imports.ts";

/** End of a submission. */
interface End {
  readonly state: EndState;
  /** Null when the file could not be opened, or no attempt ended. */
  readonly result: ImportResult | null;
  readonly failure: ImportFailure | null;
}

/** Writes the list of the rows' errors, if there are any. */
export async function writeErrorList({ ports, errors, file }: Attempt): Promise<void> {
  if (errors.count > 0) {
    await ports.files.write(file("list"), listText(errors.kept), "application/x-jsonlines");
  }
}

/** Ends the submission with the result of the attempt. @throws TakenOver */
export async function endAttempt(attempt: Attempt): Promise<void> {
  const { failure } = attempt;
  const result = resultOf(attempt);
  await end(attempt, { state: endState(attempt.submission(), result, failure), result, failure });
}

/** Ends a submission without an attempt. @returns false when another caller was faster */
export async function endUnattempted(
  ports: Pick<Ports, "submissions" | "clock" | "log">,
  submission: Submission,
  outcome: { state: EndState; failure: ImportFailure },
): Promise<boolean> {
  const last = ended(submission, { ...outcome, result: null, now: ports.clock.now() });
  const isEnded = await ports.submissions.replace(submission, last);
  if (isEnded) {
    logEnd(ports, last);
  }
  return isEnded;
}

/**
 * Ends an attempt that did not reach the end of the import.
 *
 * | the attempt                                       | the submission                                     |
 * |---------------------------------------------------|-------------------------------------------------|
 * | has lost the submission                           | is left alone                                   |
 * | has no more time, and the target has stored rows  | another attempt continues after them            |
 * | has no more time, and nothing lasting was reached | ends: the next would begin at the first row too |
 * | met a failure that may pass, or an unforeseen one | is put off; ends after too many times           |
 *
 * @returns whether the attempt held the submission to the end, so that nobody has to wait for it
 */
export async function breakOff(attempt: Attempt, error: unknown): Promise<boolean> {
  try {
    if (error instanceof TakenOver || attempt.lost.aborted) {
      return false;
    }
    if (!attempt.time.aborted) {
      await putOff(attempt, error);
      return true;
    }
    if (!attempt.hasKeptRows) {
      await endTooLong(attempt);
      return true;
    }
    await goOnLater(attempt);
    return false;
  } catch (failure) {
    if (failure instanceof TakenOver) {
      return false;
    }
    throw failure;
  }
}

/**
 * Lets another attempt continue, by a new message in the queue: the queue sets aside a message that is delivered again
 * and again.
 */
async function goOnLater(attempt: Attempt): Promise<void> {
  const { ports } = attempt;
  await attempt.change((submission) => continued(submission, ports.clock.now())); // C10
  const { connectorId, id } = attempt.submission();
  ports.log("import-continued", { connectorId, submissionId: id });
  await sendImportNowOrLater(ports, attempt.submission());
}

async function endTooLong(attempt: Attempt): Promise<void> {
  const message =
    "Cannot end the import: its time was over before the target had stored a row; divide the file, or let the target store rows as they come (atomic: false)";
  const failure = passingFailure(new AppError("run-too-long", message));
  const state = endState(attempt.submission(), null, failure);
  await end(attempt, { state, result: null, failure });
}

async function putOff(attempt: Attempt, error: unknown): Promise<void> {
  const { ports } = attempt;
  const now = ports.clock.now();
  const failure = passingFailure(error);
  const { connectorId, id, postponements } = attempt.submission();
  const dueAt = nextAttemptAt({ postponements }, now);
  ports.log("import-put-off", {
    connectorId,
    submissionId: id,
    until: dueAt?.toISOString() ?? null,
    failure: String(error instanceof Error ? error.stack : error),
  });
  if (dueAt === null) {
    await end(attempt, { state: "dead-lettered", result: null, failure });
    return;
  }
  await attempt.change((submission) => postponed(submission, { failure, now, dueAt })); // C11
}

async function end(attempt: Attempt, outcome: End): Promise<void> {
  const now = attempt.ports.clock.now();
  await attempt.change((submission) => ended(submission, { ...outcome, now })); // C9
  logEnd(attempt.ports, attempt.submission());
}

/** @returns null when the file could not be opened */
function resultOf({ definition, ended: parts, errors, file }: Attempt): ImportResult | null {
  if (parts.length === 0) {
    return null;
  }
  const { count, kept } = errors;
  return {
    validateOnly: definition.validateOnly,
    entities: parts.map(({ result }) => result),
    errors: count,
    errorList: count === 0 ? null : { path: file("list"), kept: kept.length },
  };
}

function endState(
  { importVersion }: Submission,
  result: ImportResult | null,
  failure: ImportFailure | null,
): EndState {
  if (failure !== null) {
    return importVersion === null ? "preprocessing-failed" : "postprocessing-failed";
  }
  const isClean = result?.entities.every(
    ({ outcome, invalidRows, refusedRows }) =>
      (outcome === "kept" || outcome === "validated") && invalidRows + refusedRows === 0,
  );
  return isClean ? "processed" : "processed-with-errors";
}

function logEnd(ports: Pick<Ports, "log">, submission: Submission): void {
  const { connectorId, id, applicationId, executionId, state, result, failure } = submission;
  ports.log("import-ended", {
    ...{ connectorId, submissionId: id, applicationId, executionId, state },
    rows: sum(result?.entities, ({ rows }) => rows),
    badRows: sum(result?.entities, (entity) => entity.invalidRows + entity.refusedRows),
    failure: failure?.message,
  });
}

function sum(
  entities: readonly EntityResult[] | undefined,
  count: (entity: EntityResult) => number,
): number {
  return (entities ?? []).reduce((total, entity) => total + count(entity), 0);
}
