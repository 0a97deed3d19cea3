import type { Column, GivenRow } from "../formats/rows.ts";
import type { Rounding } from "./values/rounding.ts";

/**
 * A place to which an import writes rows. One implementation per kind, in `systems/`.
 *
 * A target may get the same rows again: after a crash a run starts from its first row. In every target, the result must
 * be as if each row had been written once.
 */
export interface Target {
  /**
   * Begins to write one entity's rows.
   *
   * @throws AppError `target-invalid` (table, column or setting that cannot work), `target-unavailable` (try again)
   */
  open(request: WriteRequest): Promise<TargetWriter>;
}

export interface WriteRequest {
  /** Id of the run. It stays the same when the run is tried again. */
  readonly runId: string;
  readonly entity: string;
  readonly columns: readonly WrittenColumn[];
  /** Does all checks of writing, and stores nothing. */
  readonly validateOnly: boolean;
  /** Stores nothing until `commit`: for imports that are all or nothing, or have a limit on errors. */
  readonly atomic: boolean;
  readonly signal: AbortSignal;
  /** Called when rows are stored for good, so that another attempt of the run would continue after them. */
  readonly onProgress?: () => void;
}

export interface WrittenColumn extends Column {
  /** Canonical text for new rows in the target that do not mention the column, if the target can find them. */
  readonly whenAdded?: string;
  /** How a value with more digits than the target keeps is made to fit; by default its row is refused. */
  readonly round?: Rounding;
}

export interface TargetWriter {
  /**
   * Writes a batch. Returns the refused rows; the others are written. An undefined cell changes nothing: an existing
   * row keeps its value, and a new one gets the target's default.
   *
   * @param firstRow number of the batch's first row in the file, from 1; batches come in order
   * @throws AppError `target-unavailable` when the target cannot judge single rows now (try again)
   */
  write(batch: readonly GivenRow[], firstRow: number): Promise<readonly RowFailure[]>;
  /** Stores rows that were held back; called once, after the last batch. */
  commit(): Promise<void>;
  /** Drops rows that were held back, and frees resources. May be called after `commit`. */
  close(): Promise<void>;
}

/** Why one row was refused. */
export interface RowFailure {
  /** Number of the row in the file, from 1, not counting the header. */
  readonly row: number;
  /** Column at fault, if it is known. */
  readonly field: string | null;
  /** The value, shortened. */
  readonly value: string | null;
  /** In words that help the author of the file. */
  readonly reason: string;
  /** Text for partners, where `reason` names something inside, such as a table or a rule. */
  readonly partnerReason?: string;
}
