import { UnreadableFileError } from "../../formats/unreadable-file-error.ts";
import { AppError } from "../errors.ts";

/** @param because fault of the package; completes "Cannot read the package: ..." */
export function packageProblem(because: string, cause?: unknown): AppError {
  return new AppError("file-unreadable", `Cannot read the package: ${because}`, { cause });
}

/** An error from reading a file of the package; as the package's problem if the file is at fault. */
export function fileProblem(fileName: string, error: unknown): unknown {
  return error instanceof UnreadableFileError
    ? packageProblem(`"${fileName}": ${error.because}`, error)
    : error;
}
