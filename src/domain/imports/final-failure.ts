import { UnreadableFileError } from "../../formats/unreadable-file-error.ts";
import { type ErrorCode, isAppError } from "../errors.ts";
import { partnerMessage } from "../partner-message.ts";
import type { ImportFailure } from "./import-result.ts";

/** Failures that another attempt may not meet. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  "target-unavailable",
  // after an operator mends it, the file is imported
  "definition-unreadable",
]);

const MAX_MESSAGE_LENGTH = 2_000;

/** The final failure of an error. @throws the error itself when another attempt may succeed */
export function finalFailure(error: unknown): ImportFailure {
  if (error instanceof UnreadableFileError) {
    return failureOf({ code: "file-unreadable", message: error.message });
  }
  if (isAppError(error) && !PASSING.has(error.code)) {
    return failureOf(error);
  }
  throw error;
}

/** Why an attempt had no result; an unforeseen error is only for the log. */
export function passingFailure(error: unknown): ImportFailure {
  return isAppError(error)
    ? failureOf(error)
    : failureOf({
        code: "unforeseen",
        message: "an unforeseen error happened; the operator finds it in the log",
      });
}

function failureOf(failure: ImportFailure): ImportFailure {
  return {
    code: failure.code,
    message: failure.message.slice(0, MAX_MESSAGE_LENGTH),
    partnerMessage: partnerMessage(failure).slice(0, MAX_MESSAGE_LENGTH),
  };
}
