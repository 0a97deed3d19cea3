import { AppError } from "../errors.ts";
import type { FilePath } from "../files.ts";
import type { ImportOptions } from "../imports/import-options.ts";
import type { ImportFailure, ImportResult } from "../imports/import-result.ts";
import type { SubmissionState } from "./submission-api.ts";
import { keptFiles, type ReceivedFile, requireFile } from "./submission-files.ts";

/** States that only a requeue leads out of. */
export type EndState = Exclude<SubmissionState, "enqueued" | "preprocessing" | "processing">;

/**
 * One file that a partner handed in, and what became of it.
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
 * Left of the first failure nothing was kept. `preprocessing-failed`: the file could not be opened, or is not what the
 * import expects. `postprocessing-failed`: it failed when rows had begun to go to the target; the result tells what was
 * kept. `dead-lettered`: no attempt came to an end, be it that each was interrupted or that the target could not be
 * reached for long; it is set aside with its reason, and in an ordered connector the next goes on.
 *
 * A file that is only checked stays in `preprocessing` until it has ended.
 *
 * A crash leaves `preprocessing` or `processing` behind; the next attempt begins again from there, when the heartbeat of
 * the last one has been silent for a while. A submission is *owed* a run while it is in one of the first three states.
 */
export interface Submission {
  readonly connectorId: string;
  /** Time-ordered GUID; what the partner was told. */
  readonly id: string;
  /** Of the run that is owed or was the last: the submission's own id, and a new time-ordered GUID with each requeue. */
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
  /** Since when the file counts as deleted, and what was written about it too; no run is possible any more. */
  readonly fileDeletedAt: Date | null;
  /** What the partner calls the file. */
  readonly externalId: string | null;
  /** Name of the entity that the file is of; null in a package. */
  readonly entity: string | null;
  readonly company: string | null;
  /** The submission whose bad rows, mended, this one brings. */
  readonly parentId: string | null;
  /** Who handed it in. */
  readonly applicationId: string;
  /** Of a package that came through the package API. */
  readonly options?: ImportOptions | undefined;
  readonly receivedAt: Date;
  /** For how many days its files are kept, as the connector said when it was handed in; of old submissions unknown. */
  readonly retentionDays?: number;
  /** Goes up with every change: a change to a submission that somebody else has changed meanwhile is refused. */
  readonly revision: number;
  /** Last sign of life: queued, sent again, or the last heartbeat of the attempt that is at it. */
  readonly touchedAt: Date;
  /** Random id of the attempt that is at it; null when none is. Submissions of earlier versions have none. */
  readonly attemptId?: string | null | undefined;
  /** Not to be attempted before. */
  readonly dueAt: Date;
  /** How often its run was sent again without having begun. */
  readonly resends: number;
  /** How often work on the execution began. */
  readonly attempts: number;
  /** How many of the attempts ended in good order, to be made again later. */
  readonly postponements: number;
  /** How many of the attempts ended with their time, but had moved on: the next one goes on behind their rows. */
  readonly continuations: number;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  /** Version of the import that rows were begun by; null as long as none were. */
  readonly importVersion: string | null;
  /** Files that attempts may have written, noted before their first byte, so that a crash leaves nothing unknown. */
  readonly written: readonly FilePath[];
  readonly result: ImportResult | null;
  readonly failure: ImportFailure | null;
}

/** States in which a run is owed. */
export function isOwed({ state }: Pick<Submission, "state">): boolean {
  return state === "enqueued" || state === "preprocessing" || state === "processing";
}

/** A file as it arrives. Its place in an ordered connector is given by who stores it. */
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

/** An attempt begins, be it the first or one after a crash. */
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

/** The file is open and what the import expects; from here on rows go to the target. */
export function processing(submission: Submission, importVersion: string): Submission {
  requireOwed(submission, "process");
  return changed(submission, { state: "processing", importVersion });
}

/** The attempt lives. */
export function alive(submission: Submission, now: Date): Submission {
  requireOwed(submission, "keep");
  return changed(submission, { touchedAt: now });
}

/** The run has come to its end. */
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

/** The attempt ended in good order without a result, and another is to be made. */
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

/** The attempt has moved on as far as its time allowed, and another is to go on behind it. */
export function continued(submission: Submission, now: Date): Submission {
  requireOwed(submission, "continue");
  const continuations = submission.continuations + 1;
  return changed(submission, { attemptId: null, touchedAt: now, continuations });
}

/** Its run was sent again, because nothing was heard of it. An attempt that was at it has lost it. */
export function resent(submission: Submission, now: Date): Submission {
  requireOwed(submission, "send");
  const resends = submission.resends + 1;
  // it is sent now, whatever a clock that ran ahead has said
  const dueAt = submission.dueAt < now ? submission.dueAt : now;
  return changed(submission, { attemptId: null, touchedAt: now, dueAt, resends });
}

/**
 * The same file, to be run again under a new execution id. A target tells runs apart by it: what an earlier execution
 * kept is written again.
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
 * A package that was handed in to be checked alone is asked for again: to be executed, or with another file. Whatever
 * the check has come to ends here; it has kept nothing, so that the execution id stays.
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

/** The file of a submission that has ended is given up, and what was written about it; how it ended stays known. */
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
