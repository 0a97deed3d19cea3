import type { LooseMatch } from "../../formats/seen-fields.ts";
import type { FilePath } from "../files.ts";
import type { ToldFailure } from "../partner-message.ts";

/** Why a submission came to its end without a result, or why its attempt was put off. */
export type ImportFailure = ToldFailure;

/** What became of the rows of a file. */
export interface ImportResult {
  readonly validateOnly: boolean;
  /** In the order in which they were imported. */
  readonly entities: readonly EntityResult[];
  /** The list of the first errors; null when there are none. */
  readonly errorList: { readonly path: FilePath; readonly kept: number } | null;
  /** All errors, also those beyond the list; a row may have several. */
  readonly errors: number;
}

export interface EntityResult {
  readonly name: string;
  /**
   * `kept`: the good rows are in the target; `validated`: they would be; `not-kept`: none is; `failed`: it broke off,
   * and rows may be; `not-run`: it was not reached.
   */
  readonly outcome: "kept" | "validated" | "not-kept" | "failed" | "not-run";
  /** Why nothing was kept, why it broke off, or why it was not reached; null otherwise. */
  readonly because: string | null;
  /** The same for partners, where `because` is for the operator alone. */
  readonly partnerBecause?: string;
  readonly rows: number;
  /** Rows that could not be read or did not pass the checks. */
  readonly invalidRows: number;
  /** Rows that the target refused. */
  readonly refusedRows: number;
  /** Fields of the file that the import does not take. */
  readonly ignoredFields: readonly string[];
  /** Fields that were taken for a column's although they are not spelled like it. */
  readonly matchedLoosely: readonly LooseMatch[];
  /** The bad rows alone, with the reason behind each; null when there are none. */
  readonly errorFile: ErrorFile | null;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
}

export interface ErrorFile {
  readonly path: FilePath;
  readonly contentType: string;
  /** File name extension without a dot. */
  readonly extension: string;
  readonly rows: number;
}

/** Why an entity is not kept, broke off or was not reached, in words that a partner may read; null when it was kept. */
export function partnerBecause({
  because,
  partnerBecause: own,
}: Pick<EntityResult, "because" | "partnerBecause">): string | null {
  return own ?? because;
}
