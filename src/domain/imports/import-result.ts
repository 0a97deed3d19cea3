import type { LooseMatch } from "../../formats/seen-fields.ts";
import type { FilePath } from "../files.ts";
import type { ToldFailure } from "../partner-message.ts";

/** Why a submission ended without a result, or why its attempt was put off. */
export type ImportFailure = ToldFailure;

/** Result of a file's rows. */
export interface ImportResult {
  readonly validateOnly: boolean;
  /** In the order of their imports. */
  readonly entities: readonly EntityResult[];
  /** The list of the first errors; null when there are none. */
  readonly errorList: { readonly path: FilePath; readonly kept: number } | null;
  /** Number of all errors, those beyond the list included; a row may have several. */
  readonly errors: number;
}

export interface EntityResult {
  readonly name: string;
  /**
   * `kept`: the good rows are in the target; `validated`: they would be; `not-kept`: none is; `failed`: it broke off,
   * and some rows may be; `not-run`: it was not reached.
   */
  readonly outcome: "kept" | "validated" | "not-kept" | "failed" | "not-run";
  /** Why nothing was kept, why it broke off, or why it was not reached; null otherwise. */
  readonly because: string | null;
  /** Text for partners, where `because` is only for the operator. */
  readonly partnerBecause?: string;
  readonly rows: number;
  /** Number of rows that could not be read or did not pass the checks. */
  readonly invalidRows: number;
  /** Number of rows that the target refused. */
  readonly refusedRows: number;
  /** Fields of the file that the import does not use. */
  readonly ignoredFields: readonly string[];
  /** Fields that were matched to a column although their spelling differs. */
  readonly matchedLoosely: readonly LooseMatch[];
  /** Only the bad rows, each with its reason; null when there are none. */
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

/** Why an entity was not kept, broke off or was not reached, in words for a partner; null when it was kept. */
export function partnerBecause({
  because,
  partnerBecause: own,
}: Pick<EntityResult, "because" | "partnerBecause">): string | null {
  return own ?? because;
}
