import { UnreadableFileError } from "../../formats/unreadable-file-error.ts";
import { type ErrorCode, isAppError } from "../errors.ts";
import { partnerMessage } from "../partner-message.ts";
import type { ImportFailure } from "./import-result.ts";

/** What another attempt may find otherwise. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  "target-unavailable",
  // an operator mends it, and then the file goes in
  "definition-unreadable",
]);

const MAX_MESSAGE_LENGTH = 2_000;

/** The failure that an error means for good. @throws the error itself when another attempt may go well */
export function finalFailure(error: unknown): ImportFailure {
  if (error instanceof UnreadableFileError) {
    return failureOf({ code: "file-unreadable", message: error.message });
  }
  if (isAppError(error) && !PASSING.has(error.code)) {
    return failureOf(error);
  }
  throw error;
}

/** Why an attempt came to nothing; what nobody foresaw is for the log only. */
export function passingFailure(error: unknown): ImportFailure {
  return isAppError(error)
    ? failureOf(error)
    : failureOf({
        code: "unforeseen",
        message: "something unforeseen happened; the operator finds it in the log",
      });
}

function failureOf(failure: ImportFailure): ImportFailure {
  return {
    code: failure.code,
    message: failure.message.slice(0, MAX_MESSAGE_LENGTH),
    partnerMessage: partnerMessage(failure).slice(0, MAX_MESSAGE_LENGTH),
  };
}
