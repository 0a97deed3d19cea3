import { AppError } from "../../../domain/errors.ts";
import { parseForeignJson } from "../../../formats/json/bounded-json.ts";
import { shortened } from "../../../formats/shortened.ts";
import { isPassingStatus } from "../retry.ts";
import { valueAt } from "../value-at.ts";
import { answerReason, oneLineText } from "./answer-reason.ts";
import type { HttpJsonTargetDefinition } from "./definition.ts";
import type { SentAnswer } from "./send.ts";

/** The meaning of an answer for the rows of its request. */
export type Verdict =
  | { readonly kind: "taken" }
  /** No row was stored, and some may be at fault. */
  | { readonly kind: "refused"; readonly reason: string }
  /** One entry for each row. */
  | { readonly kind: "each"; readonly items: readonly ItemVerdict[] };

/** `again`: send the row again at once; `later`: after a wait. */
export type ItemVerdict = "taken" | "again" | "later" | { readonly reason: string };

export interface Judging {
  readonly results: HttpJsonTargetDefinition["results"];
  /** Whether the path names a row, so that 404 concerns the row. */
  readonly isRowInPath: boolean;
  readonly shown: string;
  /** Texts that must not stand in any reason. */
  readonly secrets: () => readonly string[];
}

/** Statuses that can be caused by the content of a row. */
const REFUSALS: ReadonlySet<number> = new Set([400, 409, 412, 413, 422]);
const REFUSALS_OF_PATHS: ReadonlySet<number> = new Set([404, 410, 414]);
const MULTI_STATUS = 207;

/**
 * Judges an answer. A status of 400 or above means that the API stored nothing of the request.
 *
 * @param rows number of rows in the request
 * @throws AppError `target-invalid` for a failure that is not the fault of a row
 */
export function verdict(answer: SentAnswer, rows: number, judging: Judging): Verdict {
  const { status } = answer;
  if (status >= 200 && status < 300) {
    return taken(answer, rows, judging);
  }
  if (!isRefusal(status, judging)) {
    throw invalid(judging, blame(status));
  }
  const items = itemVerdicts(answer, rows, judging);
  if (items?.some((item) => typeof item === "object")) {
    // Nothing was stored, so faultless rows have to be sent again.
    return { kind: "each", items: items.map((item) => (item === "taken" ? "again" : item)) };
  }
  return { kind: "refused", reason: reasonOf(status, reasonIn(answer.text), judging) };
}

function taken(answer: SentAnswer, rows: number, judging: Judging): Verdict {
  const items = itemVerdicts(answer, rows, judging);
  if (items !== null) {
    return { kind: "each", items };
  }
  if (judging.results !== undefined) {
    const place = judging.results.at === "" ? "as its body" : `at "${judging.results.at}"`;
    throw invalid(
      judging,
      `the answer has no array of ${rows} results ${place}, or is larger than maxAnswerBytes`,
    );
  }
  return { kind: "taken" };
}

function invalid({ shown }: Judging, state: string): AppError {
  return new AppError("target-invalid", `Cannot write to "${shown}": ${state}`);
}

function isRefusal(status: number, { isRowInPath }: Judging): boolean {
  return REFUSALS.has(status) || (isRowInPath && REFUSALS_OF_PATHS.has(status));
}

function blame(status: number): string {
  if (status === 401 || status === 403) {
    return `status ${status}; check the secret of the connection and what it may write`;
  }
  return status >= 300 && status < 400
    ? `status ${status}; redirects are not followed: correct the connection's base URL or the path`
    : `status ${status}`;
}

const DEFAULT_RESULTS = { at: "", status: "status", reason: "message" } as const;

/** @returns null when the answer has no result for each row */
function itemVerdicts(
  { status, text }: SentAnswer,
  rows: number,
  judging: Judging,
): ItemVerdict[] | null {
  const { at, status: statusAt, reason: reasonAt } = judging.results ?? DEFAULT_RESULTS;
  const items = valueAt(parsed(text), at);
  if (!Array.isArray(items) || items.length !== rows) {
    return null;
  }
  // Without `results` in the definition, an array of the same length may be the rows themselves, with a status of their
  // own.
  const speaksOfRows =
    judging.results !== undefined ||
    ((status === MULTI_STATUS || status >= 400) &&
      items.every((item) => itemStatus(valueAt(item, statusAt)) !== null));
  return speaksOfRows
    ? items.map((item) => itemVerdict(item, { statusAt, reasonAt }, judging))
    : null;
}

function itemVerdict(
  item: unknown,
  { statusAt, reasonAt }: { statusAt: string; reasonAt: string },
  judging: Judging,
): ItemVerdict {
  const status = itemStatus(valueAt(item, statusAt));
  const ownReason = answerReason(valueAt(item, reasonAt));
  const text = ownReason ?? answerReason(item);
  if (status === null) {
    return ownReason === null ? "taken" : { reason: reasonOf(null, text, judging) };
  }
  if (typeof status === "boolean") {
    return status ? "taken" : { reason: reasonOf(null, text, judging) };
  }
  if (status < 400) {
    return "taken";
  }
  return isPassingStatus(status) ? "later" : { reason: reasonOf(status, text, judging) };
}

function itemStatus(value: unknown): number | boolean | null {
  if (typeof value === "boolean" || typeof value === "number") {
    return value;
  }
  return typeof value === "string" && /^[1-5][0-9]{2}$/.test(value) ? Number(value) : null;
}

const MAX_REASON_CHARACTERS = 400;

function reasonOf(status: number | null, text: string | null, { secrets }: Judging): string {
  const start = status === null ? "is refused" : `is refused with status ${status}`;
  const isTold = text !== null && !secrets().some((secret) => text.includes(secret));
  return isTold ? `${start}: ${shortened(text, MAX_REASON_CHARACTERS)}` : start;
}

function reasonIn(text: string | null): string | null {
  const document = parsed(text);
  if (document !== undefined) {
    return answerReason(document);
  }
  // An HTML page is not a reason.
  return text === null || text.includes("<") ? null : oneLineText(text);
}

/** @returns undefined when it is not JSON */
function parsed(text: string | null): unknown {
  try {
    return text === null ? undefined : parseForeignJson(text);
  } catch {
    return undefined;
  }
}
