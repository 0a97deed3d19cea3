import { AppError } from "../errors.ts";
import type { FilePath } from "../files.ts";
import type { ImportOptions } from "../imports/import-options.ts";
import type { ImportFailure, ImportResult } from "../imports/import-result.ts";
import type { InboundState } from "./inbound-api.ts";
import { type InboundFile, keptFiles, requireFile } from "./message-files.ts";

/** States that only a requeue leads out of. */
export type EndState = Exclude<InboundState, "enqueued" | "preprocessing" | "processing">;

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
 * the last one has been silent for a while. A message is *owed* a run while it is in one of the first three states.
 */
export interface InboundMessage {
  readonly activityId: string;
  /** Time-ordered GUID; what the partner was told. */
  readonly id: string;
  /** Of the run that is owed or was the last: the message's own id, and a new time-ordered GUID with each requeue. */
  readonly executionId: string;
  readonly earlierExecutionIds: readonly string[];
  /** The partner's own name for the execution. */
  readonly clientExecutionId: string | null;
  readonly importId: string;
  readonly content: "file" | "package";
  /** Place in an ordered connector: 1, 2, 3, ...; null in any other. */
  readonly sequence: number | null;
  readonly state: InboundState;
  readonly file: InboundFile;
  /** Since when the file counts as deleted, and what was written about it too; no run is possible any more. */
  readonly fileDeletedAt: Date | null;
  /** What the partner calls the file. */
  readonly externalId: string | null;
  /** Name of the entity that the file is of; null in a package. */
  readonly entity: string | null;
  readonly company: string | null;
  /** The message whose bad rows, mended, this one brings. */
  readonly parentId: string | null;
  /** Who handed it in. */
  readonly applicationId: string;
  /** Of a package that came through the package API. */
  readonly options?: ImportOptions | undefined;
  readonly receivedAt: Date;
  /** For how many days its files are kept, as the connector said when it was handed in; of old messages unknown. */
  readonly retentionDays?: number;
  /** Goes up with every change: a change to a message that somebody else has changed meanwhile is refused. */
  readonly revision: number;
  /** Last sign of life: queued, sent again, or the last heartbeat of the attempt that is at it. */
  readonly touchedAt: Date;
  /** Random id of the attempt that is at it; null when none is. Messages of earlier versions have none. */
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
export function isOwed({ state }: Pick<InboundMessage, "state">): boolean {
  return state === "enqueued" || state === "preprocessing" || state === "processing";
}

/** A file as it arrives. Its place in an ordered connector is given by who stores it. */
export function received(
  facts: Pick<
    InboundMessage,
    | "activityId"
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
): InboundMessage {
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
  message: InboundMessage,
  facts: { now: Date; attemptId: string; writes: readonly FilePath[] },
): InboundMessage {
  requireOwed(message, "begin");
  return changed(message, {
    state: "preprocessing",
    attempts: message.attempts + 1,
    attemptId: facts.attemptId,
    resends: 0,
    touchedAt: facts.now,
    startedAt: message.startedAt ?? facts.now,
    written: [...message.written, ...facts.writes],
    failure: null,
  });
}

/** The file is open and what the import expects; from here on rows go to the target. */
export function processing(message: InboundMessage, importVersion: string): InboundMessage {
  requireOwed(message, "process");
  return changed(message, { state: "processing", importVersion });
}

/** The attempt lives. */
export function alive(message: InboundMessage, now: Date): InboundMessage {
  requireOwed(message, "keep");
  return changed(message, { touchedAt: now });
}

/** The run has come to its end. */
export function ended(
  message: InboundMessage,
  end: {
    state: EndState;
    result: ImportResult | null;
    failure: ImportFailure | null;
    now: Date;
  },
): InboundMessage {
  requireOwed(message, "end");
  const { state, result, failure, now } = end;
  const written = result === null ? message.written : keptFiles(result);
  const at = { touchedAt: now, endedAt: now };
  return changed(message, { state, result, failure, written, attemptId: null, ...at });
}

/** The attempt ended in good order without a result, and another is to be made. */
export function postponed(
  message: InboundMessage,
  facts: { failure: ImportFailure; now: Date; dueAt: Date },
): InboundMessage {
  requireOwed(message, "postpone");
  return changed(message, {
    state: "enqueued",
    attemptId: null,
    touchedAt: facts.now,
    dueAt: facts.dueAt,
    postponements: message.postponements + 1,
    failure: facts.failure,
  });
}

/** The attempt has moved on as far as its time allowed, and another is to go on behind it. */
export function continued(message: InboundMessage, now: Date): InboundMessage {
  requireOwed(message, "continue");
  const continuations = message.continuations + 1;
  return changed(message, { attemptId: null, touchedAt: now, continuations });
}

/** Its run was sent again, because nothing was heard of it. An attempt that was at it has lost it. */
export function resent(message: InboundMessage, now: Date): InboundMessage {
  requireOwed(message, "send");
  const resends = message.resends + 1;
  // it is sent now, whatever a clock that ran ahead has said
  const dueAt = message.dueAt < now ? message.dueAt : now;
  return changed(message, { attemptId: null, touchedAt: now, dueAt, resends });
}

/**
 * The same file, to be run again under a new execution id. A target tells runs apart by it: what an earlier execution
 * kept is written again.
 *
 * @throws AppError `message-not-failed` when it has not failed, `file-deleted` when its file is gone
 */
export function requeued(
  message: InboundMessage,
  facts: { executionId: string; now: Date },
): InboundMessage {
  if (isOwed(message) || message.state === "processed") {
    throw new AppError(
      "message-not-failed",
      `Cannot requeue message "${message.id}": it is ${message.state}; only one that has failed can be run again`,
    );
  }
  requireFile(message);
  return changed(message, {
    ...waiting(facts.now),
    executionId: facts.executionId,
    earlierExecutionIds: [...message.earlierExecutionIds, message.executionId],
  });
}

/**
 * A package that was handed in to be checked alone is asked for again: to be executed, or with another file. Whatever
 * the check has come to ends here; it has kept nothing, so that the execution id stays.
 *
 * @throws AppError `file-deleted`
 */
export function askedAgain(
  message: InboundMessage,
  facts: Pick<InboundMessage, "options" | "company" | "file"> & { now: Date },
): InboundMessage {
  requireFile(message);
  const { now, options, company, file } = facts;
  const replaced = file === message.file ? [] : [message.file.path];
  const written = [...message.written, ...replaced];
  return changed(message, { ...waiting(now), options, company, file, written });
}

/** The file of a message that has ended is given up, and what was written about it; how it ended stays known. */
export function withoutFile(message: InboundMessage, now: Date): InboundMessage {
  if (isOwed(message)) {
    throw new Error(`Cannot give up the file of message "${message.id}": it is ${message.state}`);
  }
  return changed(message, { fileDeletedAt: now });
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
  } as const satisfies Partial<InboundMessage>;
}

function changed(message: InboundMessage, changes: Partial<InboundMessage>): InboundMessage {
  return { ...message, ...changes, revision: message.revision + 1 };
}

function requireOwed(message: InboundMessage, verb: string): void {
  if (!isOwed(message)) {
    throw new Error(`Cannot ${verb} message "${message.id}": it is ${message.state}`);
  }
}
