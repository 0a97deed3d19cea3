import type { Charset } from "../../formats/text/charset.ts";
import { AppError } from "../errors.ts";
import type { FilePath } from "../files.ts";
import type { ImportResult } from "../imports/import-result.ts";
import type { Submission } from "./submission.ts";

export interface ReceivedFile {
  readonly path: FilePath;
  readonly bytes: number;
  /** SHA-256 of the stored bytes, hexadecimal. */
  readonly sha256: string;
  /** Charset that the request named; it overrides the import's own encoding. Absent: none. */
  readonly charset?: Charset;
}

/** Every file that belongs to a submission, its own file last. */
export function filesOf({ written, result, file }: Submission): readonly FilePath[] {
  return [...written, ...keptFiles(result), file.path];
}

/** Files of a result. */
export function keptFiles(result: ImportResult | null): FilePath[] {
  return [result?.errorList, ...(result?.entities ?? []).map(({ errorFile }) => errorFile)].flatMap(
    (file) => file?.path ?? [],
  );
}

/** @throws AppError `file-deleted` */
export function requireFile({ id, fileDeletedAt }: Submission): void {
  if (fileDeletedAt) {
    throw new AppError(
      "file-deleted",
      `Cannot run submission "${id}" again: its file was deleted ${fileDeletedAt.toISOString()}; send it anew`,
    );
  }
}
