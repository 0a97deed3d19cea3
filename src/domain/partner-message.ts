import type { ErrorCode } from "./errors.ts";

const SOURCE = "Cannot read the source of the data";
const TARGET = "Cannot write the rows to their target";
const DEFINITION = "Cannot go by the definition of this exchange";
const ASK = "ask the operator, who sees the reason";

/**
 * Text for a partner about a failure, by its code; null: the message itself.
 *
 * A message that can name a schema, a table, a role, a host, an address or a statement is only for the operator. The
 * table is closed on purpose: a code without a decision does not compile.
 */
const TOLD: Readonly<Record<ErrorCode, string | null>> = {
  "request-invalid": null,
  "media-type-unsupported": null,
  "definition-invalid": `${DEFINITION}: it is not valid; ${ASK}`,
  "definition-unreadable": `${DEFINITION}: it has to be mended; try again later, or ${ASK}`,
  "definition-not-found": null,
  "definition-changed": null,
  "definition-in-use": null,
  "topic-name-taken": `${DEFINITION}: it is not set up yet; try again later, or ${ASK}`,
  "filter-invalid": `${DEFINITION}: its filter is not valid; ${ASK}`,
  "shape-invalid": `${DEFINITION}: it does not fit the data; ${ASK}`,
  "schedule-invalid": `${DEFINITION}: its schedule is not valid; ${ASK}`,
  "token-missing": null,
  "token-invalid": null,
  "application-unknown": null,
  forbidden: null,
  "issuer-unavailable": null,
  "rate-exceeded": null,
  "server-busy": null,
  "service-unavailable": null,
  "settings-invalid": `Cannot answer now: the service is not set up as it must be; try again later, or ${ASK}`,
  "connector-id-zero": null,
  "connector-not-found": null,
  "connector-direction-wrong": null,
  "delivery-not-found": null,
  "delivery-leased-by-another": null,
  "delivery-not-leased": null,
  "file-not-found": null,
  "file-not-fetched": null,
  "file-deleted": null,
  "connection-unknown": `${DEFINITION}: a connection of it is not set up; ${ASK}`,
  "connection-invalid": `${DEFINITION}: a connection of it is not set up; ${ASK}`,
  "source-invalid": `${SOURCE}: it is not as its definition says; ${ASK}`,
  "source-unavailable": `${SOURCE}: it does not answer now; ask again later, or ${ASK}`,
  "conversion-failed": `${SOURCE}: a value does not fit its column; ${ASK}`,
  "value-not-representable": `${SOURCE}: a value cannot be written in this format; ${ASK}`,
  "run-given-up": "Cannot end the run: its attempts were interrupted too often; ask the operator",
  "run-too-long": `Cannot end the run: it needs more time than there is; ${ASK}`,
  "execution-not-found": null,
  "execution-not-supported": null,
  "too-many-orders": null,
  "target-invalid": `${TARGET}: it is not as its definition says; ${ASK}`,
  "target-unavailable": `${TARGET}: it does not answer now; the file is tried again by itself, or ${ASK}`,
  "file-unreadable": null,
  "file-empty": null,
  "file-too-large": null,
  "file-incomplete": null,
  "body-too-slow": null,
  "content-wrong": null,
  "columns-missing": null,
  "upload-not-found": null,
  "execution-id-taken": null,
  "submission-not-found": null,
  "submission-not-failed": null,
  "ledger-entry-not-found": null,
};

/** A thrown or stored failure. */
export interface ToldFailure {
  readonly code: string;
  /** The full text, for the operator. */
  readonly message: string;
  /** Text for partners, if this failure has a better one than its code. */
  readonly partnerMessage?: string | undefined;
}

/** The failure in words that a partner may read. Only this function decides about them. */
export function partnerMessage({ code, message, partnerMessage: own }: ToldFailure): string {
  return own ?? (Object.hasOwn(TOLD, code) ? TOLD[code as ErrorCode] : null) ?? message;
}
