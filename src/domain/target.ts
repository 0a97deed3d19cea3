import type { Column, GivenRow } from "../formats/rows.ts";
import type { Rounding } from "./values/rounding.ts";

/**
 * A place that an import writes rows to. One implementation a kind, in `systems/`.
 *
 * A target may be told the same rows again: a run that a crash interrupted starts from its first row. Whatever its
 * kind, the end must be as if each row had been written once.
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
  /** Tells attempts of one run from another run: stays the same when a run is tried again. */
  readonly runId: string;
  readonly entity: string;
  readonly columns: readonly WrittenColumn[];
  /** Checks everything that writing would check, and keeps nothing. */
  readonly validateOnly: boolean;
  /** Keeps nothing until `commit`: for imports that must be all or nothing, or not beyond an error share. */
  readonly atomic: boolean;
  readonly signal: AbortSignal;
  /** Called when rows are kept for good, and another attempt of the run would go on behind them. */
  readonly onProgress?: () => void;
}

export interface WrittenColumn extends Column {
  /** Canonical text for rows that do not mention the column and are new to the target, where it can tell. */
  readonly whenAdded?: string;
  /** How a value with more digits than the target keeps is made to fit; such a row is refused by default. */
  readonly round?: Rounding;
}

export interface TargetWriter {
  /**
   * Writes a batch. Rows that the target refuses come back, the others are written. A cell that is undefined changes
   * nothing: a row that is there keeps what it has, and a new one gets what the target gives it by itself.
   *
   * @param firstRow number of the batch's first row in the file, from 1; batches come in order
   * @throws AppError `target-unavailable` when nothing can be said about single rows (try again)
   */
  write(batch: readonly GivenRow[], firstRow: number): Promise<readonly RowFailure[]>;
  /** Keeps what was written, where that was held back; called once, after the last batch. */
  commit(): Promise<void>;
  /** Gives up what was held back, and frees what is held. May be called after `commit`. */
  close(): Promise<void>;
}

/** Why one row was not taken. */
export interface RowFailure {
  /** Number of the row in the file, from 1, the header not counted. */
  readonly row: number;
  /** Column that is to blame, when one is. */
  readonly field: string | null;
  /** The value, shortened. */
  readonly value: string | null;
  /** In words that whoever made the file can act on. */
  readonly reason: string;
  /** The same for partners, where `reason` names what is inside, such as a table or a rule. */
  readonly partnerReason?: string;
}
