import type { ZipProgress } from "../../formats/zip.ts";
import type { FilePath } from "../files.ts";
import type { ToldFailure } from "../partner-message.ts";
import type { CircleWatch } from "../values/circle.ts";
import type { FileProgress } from "./staged-file.ts";

/**
 * One execution of an export.
 *
 *   queued ──▶ running ──▶ succeeded | failed
 *     ▲          │ put off, because of a failure that may pass
 *     └──────────┘
 *
 * If a worker falls silent, another attempt takes over the run. Attempts are numbered: late writes of an earlier one
 * are refused.
 */
export interface Run {
  readonly exportId: string;
  /** Time-ordered GUID; the execution id of the run and the correlation id of its file. */
  readonly runId: string;
  /** File type of the run's file. It is stored here, so that a changed definition does not change the run. */
  readonly fileType: string;
  /** Incarnation of the definition that the run was made from; missing in runs of earlier versions. */
  readonly incarnation?: string;
  readonly state: "queued" | "running" | "succeeded" | "failed";
  readonly trigger: "schedule" | "request";
  /** The slot that led to the run; null when somebody asked for it. */
  readonly dueAt: Date | null;
  readonly queuedAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  /** Number of attempts, and so the number of the last one. */
  readonly attempts: number;
  /** Number of attempts that ended by putting the run off. */
  readonly postponements: number;
  /** End of the wait; null when it is not put off. */
  readonly nextAttemptAt: Date | null;
  /** Full exports read all rows and ignore the cursor. */
  readonly mode: "full" | "incremental";
  /** Set for a run that makes a data package for one partner and publishes nothing. */
  readonly package?: PackageOrder;
  /** Number of attempts whose time ended; the next ones continued where they had stopped. */
  readonly continuations: number;
  /** Place from which another attempt can continue; null: at the beginning. */
  readonly checkpoint: Checkpoint | null;
  /** How often its file was begun again, because it could not be continued; missing: never. */
  readonly restarts?: number;
  /**
   * Every file that an attempt began to write. It is noted before its first byte, so that no file is unknown after a
   * crash.
   */
  readonly written: readonly FilePath[];
  readonly result: RunResult | null;
  /** Why it failed; for an active run, why it was last put off. */
  readonly failure: RunFailure | null;
}

/** A run that waits for its turn. */
export function queuedRun(
  facts: Pick<
    Run,
    "exportId" | "runId" | "fileType" | "trigger" | "dueAt" | "queuedAt" | "mode" | "incarnation"
  >,
): Run {
  return {
    ...facts,
    state: "queued",
    startedAt: null,
    endedAt: null,
    attempts: 0,
    postponements: 0,
    nextAttemptAt: null,
    continuations: 0,
    checkpoint: null,
    written: [],
    result: null,
    failure: null,
  };
}

/** Progress of a run's file, for an attempt that continues it. */
export interface Checkpoint {
  /** Digest of everything that must stay the same: the definition, and the run's first cursor. */
  readonly of: string;
  readonly path: FilePath;
  readonly fileId: string;
  readonly file: FileProgress;
  /** State of a data package; null for other files. */
  readonly archive: ZipProgress | null;
  /** The entities in the file, in order. */
  readonly ended: readonly EndedEntity[];
  /** Place in the entity after them; null: at its beginning. */
  readonly entity: EntityPlace | null;
  /** Watch over the places of that entity. */
  readonly watch: CircleWatch | null;
}

/** How far an entity is in the file. */
export interface EntityPlace {
  readonly records: number;
  /** Digest of the columns of the rows so far. */
  readonly columns: string;
  /** Place of the source. */
  readonly place: string;
}

/** Result of an entity in the file. */
export interface EndedEntity {
  readonly name: string;
  /** Names of its columns, for the manifest of a data package; otherwise empty. */
  readonly columns: readonly string[];
  readonly records: number;
  readonly mode: "full" | "incremental";
  readonly fullBecause: string | null;
  readonly window: { readonly from: string | null; readonly to: string | null };
  /** Null when not every row was read. */
  readonly cursor: string | null;
}

/** An order of a partner through the package API. */
export interface PackageOrder {
  /** The partner's own name for the run, or ours when the partner gave none. */
  readonly executionId: string;
  readonly applicationId: string;
  /** Name of the package. */
  readonly packageName: string;
  /** Names of the entities to export. */
  readonly entities: readonly string[];
  /** Most rows of each entity; null: all. */
  readonly maxRows: number | null;
  /** Days for which the package is kept, as the export said at the order; undefined for old orders. */
  readonly retentionDays?: number;
}

export type OrderedRun = Run & { readonly package: PackageOrder };

export interface RunResult {
  /** "Total records exported". */
  readonly totalRecordsExported: number;
  /** "File uploaded successfully": false when there was nothing to upload. */
  readonly fileUploadedSuccessfully: boolean;
  readonly sequence: number | null;
  readonly bytes: number;
  readonly mode: "full" | "incremental";
  readonly fullBecause: string | null;
  /** The data package of an ordered run. */
  readonly packageFile?: FilePath;
}

export type RunFailure = ToldFailure;

/** An unfinished run, as the schedule and other workers see it. */
export interface ActiveRun {
  readonly runId: string;
  /** `running`: an attempt has it, and is alive if it was touched lately. */
  readonly state: "queued" | "running";
  /** Last sign of life: queued, begun, a heartbeat, put off, sent again. */
  readonly touchedAt: Date;
  /** Whether it makes a package for a partner. */
  readonly isOrder?: boolean;
  /** Number of the last attempt. */
  readonly attempts: number;
  /** End of the wait; null when it is not put off. */
  readonly dueAt: Date | null;
  /** How often it was sent again since the last attempt began. */
  readonly resends: number;
  /** Grows with each change except heartbeats, so that no message about it is taken for an earlier one. */
  readonly revision: number;
}

/** One due time of a schedule, and its outcome. Written once, when it is claimed. */
export interface Slot {
  readonly exportId: string;
  readonly dueAt: Date;
  /**
   * `ran`: led to a run in time; `late`: led to a run, but late; `skipped`: led to none, by the missed-run policy, a
   * pause or a blackout window; `coalesced`: a later slot's run covers it.
   */
  readonly outcome: "ran" | "late" | "skipped" | "coalesced";
  readonly reason: string | null;
  readonly runId: string | null;
  readonly claimedAt: Date;
  /** Random id of the claim. */
  readonly claimId: string;
  /** A long outage is one record: the number of its due times, and the last of them. */
  readonly count: number;
  readonly throughAt: Date;
}
