import { AppError } from "../errors.ts";
import type { FilePath } from "../files.ts";
import type { ImportOptions } from "../imports/import-options.ts";
import type { ImportFailure, ImportResult } from "../imports/import-result.ts";
import type { SubmissionState } from "./submission-api.ts";
import { keptFiles, type ReceivedFile, requireFile } from "./submission-files.ts";

/** States that only a requeue can leave. */
export type EndState = Exclude<SubmissionState, "enqueued" | "preprocessing" | "processing">;

/**
 * One file that a partner sent, and its state.
 *
 *              begun                  rows begin                every row kept
 *   enqueued ─────────▶ preprocessing ──────────▶ processing ─────────────────▶ processed
 *    ▲  ▲  ▲               │  │  │                  │  │  │ └─────────────────▶ processed-with-errors
 *    │  │  └── postponed ──┘  │  └──── given up ─┐  │  │  │                        │
 *    │  │                     ▼                  │  │  │  └──────────┐             │
 *    │  │         preprocessing-failed           │  │  ▼             │             │
 *    │  │                     │                  │  │ postprocessing-failed        │
 *    │  └───── postponed ─────┼──────────────────┼──┘       │                      │
 *    │                        │                  ▼          │                      │
 *    └────── requeued ────────┴──────────── dead-lettered ──┴──────────────────────┘
 *
 * Before `processing`, nothing has been written to the target. `preprocessing-failed`: the file could not be opened, or
 * does not fit the import. `postprocessing-failed`: it failed after rows had begun to go to the target; the result
 * shows the stored rows. `dead-lettered`: no attempt ended, because each was interrupted or the target could not be
 * reached for long. The submission is then set aside with its reason, and an ordered connector continues with the next.
 *
 * A file that is only checked stays in `preprocessing` until the check has ended.
 *
 * A crash leaves `preprocessing` or `processing`. The next attempt begins from there, when the last one's heartbeat has
 * been silent for a while. A submission is *owed* a run while it is in one of the first three states.
 */
export interface Submission {
  readonly connectorId: string;
  /** Time-ordered GUID; the id that the partner was given. */
  readonly id: string;
  /**
   * Id of the owed run or the last one: at first the submission's own id, and a new time-ordered GUID with each
   * requeue.
   */
  readonly executionId: string;
  readonly earlierExecutionIds: readonly string[];
  /** The partner's own name for the execution. */
  readonly clientExecutionId: string | null;
  readonly importId: string;
  readonly content: "file" | "package";
  /** Place in an ordered connector: 1, 2, 3, ...; null in any other. */
  readonly sequence: number | null;
  readonly state: SubmissionState;
  readonly file: ReceivedFile;
  /** Time since which the file and the files about its errors count as deleted. No run is possible any more. */
  readonly fileDeletedAt: Date | null;
  /** The partner's name for the file. */
  readonly externalId: string | null;
  /** Entity of the file; null for a package. */
  readonly entity: string | null;
  readonly company: string | null;
  /** The submission whose mended bad rows are in this one. */
  readonly parentId: string | null;
  /** Client id of the partner's application. */
  readonly applicationId: string;
  /** For a package from the package API. */
  readonly options?: ImportOptions | undefined;
  readonly receivedAt: Date;
  /** Days for which its files are kept, as the connector said at the receipt; undefined for old submissions. */
  readonly retentionDays?: number;
  /** Goes up with every change. A change to a submission that has changed meanwhile is refused. */
  readonly revision: number;
  /** Last sign of life: queued, sent again, or the last heartbeat of the running attempt. */
  readonly touchedAt: Date;
  /** Random id of the running attempt; null when there is none. Submissions of earlier versions have no id. */
  readonly attemptId?: string | null | undefined;
  /** Earliest time of the next attempt. */
  readonly dueAt: Date;
  /** How often its run was sent again before it began. */
  readonly resends: number;
  /** Number of attempts on the execution. */
  readonly attempts: number;
  /** Number of attempts that ended in good order, to be repeated later. */
  readonly postponements: number;
  /** Number of attempts whose time ended after some progress. The next one continues after their rows. */
  readonly continuations: number;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  /** Version of the import with which rows began; null before. */
  readonly importVersion: string | null;
  /**
   * Files that attempts may have written. They are noted before their first byte, so that no file is unknown after a
   * crash.
   */
  readonly written: readonly FilePath[];
  readonly result: ImportResult | null;
  readonly failure: ImportFailure | null;
}

/** States in which a run is owed. */
export function isOwed({ state }: Pick<Submission, "state">): boolean {
  return state === "enqueued" || state === "preprocessing" || state === "processing";
}

/** A file as it arrives. The store gives it its place in an ordered connector. */
export function received(
  facts: Pick<
    Submission,
    | "connectorId"
    | "id"
    | "clientExecutionId"
    | "importId"
    | "content"
    | "file"
    | "externalId"
    | "entity"
    | "company"
    | "parentId"
    | "applicationId"
    | "options"
    | "receivedAt"
    | "retentionDays"
  >,
): Submission {
  return {
    ...facts,
    executionId: facts.id,
    sequence: null,
    fileDeletedAt: null,
    earlierExecutionIds: [],
    revision: 1,
    written: [],
    ...waiting(facts.receivedAt),
  };
}

/** An attempt begins, the first or one after a crash. */
export function begun(
  submission: Submission,
  facts: { now: Date; attemptId: string; writes: readonly FilePath[] },
): Submission {
  requireOwed(submission, "begin");
  return changed(submission, {
    state: "preprocessing",
    attempts: submission.attempts + 1,
    attemptId: facts.attemptId,
    resends: 0,
    touchedAt: facts.now,
    startedAt: submission.startedAt ?? facts.now,
    written: [...submission.written, ...facts.writes],
    failure: null,
  });
}

/** The file is open and fits the import. From here on rows go to the target. */
export function processing(submission: Submission, importVersion: string): Submission {
  requireOwed(submission, "process");
  return changed(submission, { state: "processing", importVersion });
}

/** The attempt is alive. */
export function alive(submission: Submission, now: Date): Submission {
  requireOwed(submission, "keep");
  return changed(submission, { touchedAt: now });
}

/** The run has ended. */
export function ended(
  submission: Submission,
  end: {
    state: EndState;
    result: ImportResult | null;
    failure: ImportFailure | null;
    now: Date;
  },
): Submission {
  requireOwed(submission, "end");
  const { state, result, failure, now } = end;
  const written = result === null ? submission.written : keptFiles(result);
  const at = { touchedAt: now, endedAt: now };
  return changed(submission, { state, result, failure, written, attemptId: null, ...at });
}

/** The attempt ended in good order without a result, and another one must follow. */
export function postponed(
  submission: Submission,
  facts: { failure: ImportFailure; now: Date; dueAt: Date },
): Submission {
  requireOwed(submission, "postpone");
  return changed(submission, {
    state: "enqueued",
    attemptId: null,
    touchedAt: facts.now,
    dueAt: facts.dueAt,
    postponements: submission.postponements + 1,
    failure: facts.failure,
  });
}

/** The time of the attempt has ended after some progress, and another one must continue. */
export function continued(submission: Submission, now: Date): Submission {
  requireOwed(submission, "continue");
  const continuations = submission.continuations + 1;
  return changed(submission, { attemptId: null, touchedAt: now, continuations });
}

/** Its run was sent again after a silence. An attempt that was running has lost it. */
export function resent(submission: Submission, now: Date): Submission {
  requireOwed(submission, "send");
  const resends = submission.resends + 1;
  // it is sent now, even if a clock that ran ahead set another time
  const dueAt = submission.dueAt < now ? submission.dueAt : now;
  return changed(submission, { attemptId: null, touchedAt: now, dueAt, resends });
}

/**
 * The same file, run again under a new execution id. A target distinguishes runs by it, so rows of an earlier execution
 * are written again.
 *
 * @throws AppError `submission-not-failed` when it has not failed, `file-deleted` when its file is gone
 */
export function toRunAgain(
  submission: Submission,
  facts: { executionId: string; now: Date },
): Submission {
  if (isOwed(submission) || submission.state === "processed") {
    throw new AppError(
      "submission-not-failed",
      `Cannot requeue message "${submission.id}": it is ${submission.state}; only one that has failed can be run again`,
    );
  }
  requireFile(submission);
  return changed(submission, {
    ...waiting(facts.now),
    executionId: facts.executionId,
    earlierExecutionIds: [...submission.earlierExecutionIds, submission.executionId],
  });
}

/**
 * A package that was only checked is requested again: to be executed, or with another file. The check ends here. It has
 * stored nothing, so the execution id stays.
 *
 * @throws AppError `file-deleted`
 */
export function askedAgain(
  submission: Submission,
  facts: Pick<Submission, "options" | "company" | "file"> & { now: Date },
): Submission {
  requireFile(submission);
  const { now, options, company, file } = facts;
  const replaced = file === submission.file ? [] : [submission.file.path];
  const written = [...submission.written, ...replaced];
  return changed(submission, { ...waiting(now), options, company, file, written });
}

/** The submission gives up its file and the files about its errors. Its end stays known. */
export function withoutFile(submission: Submission, now: Date): Submission {
  if (isOwed(submission)) {
    throw new Error(
      `Cannot give up the file of submission "${submission.id}": it is ${submission.state}`,
    );
  }
  return changed(submission, { fileDeletedAt: now });
}

function waiting(since: Date) {
  return {
    state: "enqueued",
    attemptId: null,
    touchedAt: since,
    dueAt: since,
    resends: 0,
    attempts: 0,
    postponements: 0,
    continuations: 0,
    startedAt: null,
    endedAt: null,
    importVersion: null,
    result: null,
    failure: null,
  } as const satisfies Partial<Submission>;
}

function changed(submission: Submission, changes: Partial<Submission>): Submission {
  return { ...submission, ...changes, revision: submission.revision + 1 };
}

function requireOwed(submission: Submission, verb: string): void {
  if (!isOwed(submission)) {
    throw new Error(`Cannot ${verb} submission "${submission.id}": it is ${submission.state}`);
  }
}
