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
 * A run whose worker falls silent is taken over by another attempt. Attempts are numbered: what an earlier one writes
 * late is refused.
 */
export interface Run {
  readonly exportId: string;
  /** Time-ordered GUID; the execution id and the correlation id of what the run publishes. */
  readonly runId: string;
  /** What the run's file contains; kept here, so that a definition that changes meanwhile changes no run. */
  readonly fileType: string;
  /** Of the definition that the run was made from; missing in runs of earlier versions. */
  readonly incarnation?: string;
  readonly state: "queued" | "running" | "succeeded" | "failed";
  readonly trigger: "schedule" | "request";
  /** The slot that led to the run; null when somebody asked for it. */
  readonly dueAt: Date | null;
  readonly queuedAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  /** How often work on it began, and the number of the last attempt. */
  readonly attempts: number;
  /** How many of them ended by putting the run off. */
  readonly postponements: number;
  /** Until when it is put off; null when it is not. */
  readonly nextAttemptAt: Date | null;
  /** Full exports read everything, whatever the cursor says. */
  readonly mode: "full" | "incremental";
  /** Of a run that makes a data package for one partner and publishes nothing. */
  readonly package?: PackageOrder;
  /** How many of them ended because their time did; the next ones went on where they had stopped. */
  readonly continuations: number;
  /** Where another attempt can go on; null: at the beginning. */
  readonly checkpoint: Checkpoint | null;
  /** How often its file was begun anew, because it could not go on with what there was; missing: never. */
  readonly restarts?: number;
  /** Every file that an attempt began to write, noted before its first byte, so that a crash leaves nothing unknown. */
  readonly written: readonly FilePath[];
  readonly result: RunResult | null;
  /** Why it failed; of a run that goes on, why it was put off last. */
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

/** How far the file of a run is, for an attempt that goes on with it. */
export interface Checkpoint {
  /** Digest of all that must still be the same: the definition, and the cursor that the run began from. */
  readonly of: string;
  readonly path: FilePath;
  readonly fileId: string;
  readonly file: FileProgress;
  /** Of a data package; null: it is none. */
  readonly archive: ZipProgress | null;
  /** The entities that are in the file, in their order. */
  readonly ended: readonly EndedEntity[];
  /** Of the entity after them; null: at its beginning. */
  readonly entity: EntityPlace | null;
  /** Over the places of that entity. */
  readonly watch: CircleWatch | null;
}

/** How far an entity is in the file. */
export interface EntityPlace {
  readonly records: number;
  /** Digest of the columns that the rows so far have. */
  readonly columns: string;
  /** The source's own. */
  readonly place: string;
}

/** What came of an entity that is in the file. */
export interface EndedEntity {
  readonly name: string;
  /** Names of its columns, for the manifest of a data package; otherwise none. */
  readonly columns: readonly string[];
  readonly records: number;
  readonly mode: "full" | "incremental";
  readonly fullBecause: string | null;
  readonly window: { readonly from: string | null; readonly to: string | null };
  /** Null when not every row was read. */
  readonly cursor: string | null;
}

/** What a partner has ordered through the package API. */
export interface PackageOrder {
  /** The partner's own name for the run, or ours when it gave none. */
  readonly executionId: string;
  readonly applicationId: string;
  /** What to call the package. */
  readonly packageName: string;
  /** Names of the entities to export. */
  readonly entities: readonly string[];
  /** So many rows of each entity; null: all. */
  readonly maxRows: number | null;
  /** For how many days the package is kept, as the export said when it was ordered; of old orders unknown. */
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
  /** The data package of a run that has an order. */
  readonly packageFile?: FilePath;
}

export type RunFailure = ToldFailure;

/** A run that is not finished, as the schedule and other workers need to know it. */
export interface ActiveRun {
  readonly runId: string;
  /** `running`: an attempt has it, and lives if it was touched lately. */
  readonly state: "queued" | "running";
  /** Last sign of life: queued, begun, a heartbeat, put off, sent again. */
  readonly touchedAt: Date;
  /** Whether it makes a package for a partner. */
  readonly isOrder?: boolean;
  /** Number of the last attempt. */
  readonly attempts: number;
  /** Until when it is put off; null when it is not. */
  readonly dueAt: Date | null;
  /** How often it was sent again since the last attempt began. */
  readonly resends: number;
  /** Grows with each change but heartbeats, so that no message about it is taken for an earlier one. */
  readonly revision: number;
}

/** One due instant of a schedule, and what became of it. Written once, at the moment it is claimed. */
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
  /** Random: whose claim this is. */
  readonly claimId: string;
  /** A long outage is one record: how many due instants it stands for, and the last of them. */
  readonly count: number;
  readonly throughAt: Date;
}
