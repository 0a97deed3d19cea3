import type { RowFailure } from "../target.ts";

/** A failure in the list of an import. */
export interface ListedError extends RowFailure {
  readonly entity: string;
}

/** The first errors of an import, and the number of all. */
export interface ErrorList {
  add(entity: string, failures: readonly RowFailure[]): void;
  readonly count: number;
  readonly kept: readonly ListedError[];
}

const MAX_REASON_LENGTH = 500;

/** @param maxKept number of errors that are kept; the others are counted */
export function errorList(maxKept: number): ErrorList {
  const kept: ListedError[] = [];
  let count = 0;
  return {
    add: (entity, failures) => {
      count += failures.length;
      for (const failure of failures.slice(0, maxKept - kept.length)) {
        kept.push(listed(entity, failure));
      }
    },
    get count() {
      return count;
    },
    kept,
  };
}

function listed(entity: string, failure: RowFailure): ListedError {
  const { row, field, value, reason, partnerReason } = failure;
  return {
    ...{ entity, row, field, value, reason: reason.slice(0, MAX_REASON_LENGTH) },
    ...(partnerReason === undefined
      ? {}
      : { partnerReason: partnerReason.slice(0, MAX_REASON_LENGTH) }),
  };
}

/** The fault of a row, in words for a partner. */
export function partnerReason({
  reason,
  partnerReason: own,
}: Pick<RowFailure, "reason" | "partnerReason">): string {
  return own ?? reason;
}

/** The errors as JSON lines. */
export async function* listText(errors: readonly ListedError[]): AsyncGenerator<Uint8Array> {
  for (const error of errors) {
    yield Buffer.from(`${JSON.stringify(error)}\n`);
  }
}

/** Reads the output of {@link listText}. */
export function parseList(text: string): ListedError[] {
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as ListedError);
}
