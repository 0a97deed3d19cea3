import { UnreadableFileError } from "../../formats/unreadable-file-error.ts";
import { AppError } from "../errors.ts";

/** @param because what the package is or has: completes "Cannot read the package: ..." */
export function packageProblem(because: string, cause?: unknown): AppError {
  return new AppError("file-unreadable", `Cannot read the package: ${because}`, { cause });
}

/** What reading a file of the package has thrown, as the package's problem when it is the file's own. */
export function fileProblem(fileName: string, error: unknown): unknown {
  return error instanceof UnreadableFileError
    ? packageProblem(`"${fileName}": ${error.because}`, error)
    : error;
}
