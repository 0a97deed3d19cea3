import pg from "pg";
import { AppError } from "../../domain/errors.ts";

/** Error codes and advice for one side: source or target. */
export interface FailureNames {
  readonly side: "source" | "target";
  /** SQLSTATEs, and classes of them (their first two characters), of failures that may pass. */
  readonly passing: ReadonlySet<string>;
  /** Advice for SQLSTATEs of failures that stay. */
  readonly advice: Readonly<Record<string, string>>;
}

/** Failures that may pass on both sides: connection, resources, operator's intervention, locks, serialization. */
export const PASSING_STATES = ["08", "40", "53", "57", "58", "55P03"] as const;

const NETWORK_CODES: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EADDRNOTAVAIL",
  "EAI_AGAIN",
  "EAI_FAIL",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
]);
/** The driver's own errors about a lost or slow connection have no code, only these texts. */
const DRIVER_CONNECTION_REGEXP =
  /^(?:Connection terminated|Connection ended|timeout exceeded|timeout expired|Client has encountered a connection error|Client was closed)/;

/**
 * Meaning of a server's refusal to connect. The server's own text is not shown: it names users, databases, hosts and
 * rules.
 */
const LOG_ON_REFUSALS: Readonly<Record<string, string>> = {
  "28000": "the server does not let its user in from here",
  "28P01": "the server does not accept its user or password",
  "3D000": "the server has no such database",
  "42501": "its user may not connect to the database",
};

/**
 * Names a failure to connect. The cause is dropped, because the driver's errors can hold the connection string.
 *
 * @param connection name of the connection; the message names nothing else
 * @returns AppError `source-unavailable`, `source-invalid`, or the same codes for a target
 */
export function connectFailure(error: unknown, connection: string, names: FailureNames): AppError {
  const { code, reason } = facts(error);
  const what = `Cannot connect to PostgreSQL with connection "${connection}"`;
  return isPassing(error, code, names)
    ? new AppError(`${names.side}-unavailable`, `${what}: ${code ?? reason}`)
    : new AppError(
        `${names.side}-invalid`,
        `${what}: ${refusal(error, code) ?? reason}; check the connection's setting`,
      );
}

/** @returns null for an error of the driver itself, whose texts hold no names */
function refusal(error: unknown, code: string | null): string | null {
  if (code === null || code === "ERR_INVALID_URL") {
    return null;
  }
  if (error instanceof pg.DatabaseError) {
    return LOG_ON_REFUSALS[code] ?? `the server refuses the connection with SQLSTATE ${code}`;
  }
  // texts of TLS errors hold names from a certificate, those of network errors hold addresses
  return /CERT|SSL|TLS|SIGNED|ISSUER/.test(code)
    ? `the server's certificate is not accepted (${code})`
    : `it fails with ${code}`;
}

/**
 * Names a failure of a statement.
 *
 * @param what completes "Cannot ", e.g. `read table "shop.items"`
 * @returns AppError `source-unavailable`, `source-invalid`, or the same codes for a target
 */
export function statementFailure(error: unknown, what: string, names: FailureNames): AppError {
  const { code, reason } = facts(error);
  if (isPassing(error, code, names)) {
    return new AppError(`${names.side}-unavailable`, `Cannot ${what}: ${reason}`, { cause: error });
  }
  const advice = code === null ? undefined : names.advice[code];
  const message = `Cannot ${what}: ${reason}${advice === undefined ? "" : `; ${advice}`}`;
  return new AppError(`${names.side}-invalid`, message, { cause: error });
}

function isPassing(error: unknown, code: string | null, { passing }: FailureNames): boolean {
  if (error instanceof pg.DatabaseError) {
    const state = code ?? "";
    return passing.has(state) || passing.has(state.slice(0, 2));
  }
  return (
    NETWORK_CODES.has(code ?? "") ||
    (error instanceof Error && DRIVER_CONNECTION_REGEXP.test(error.message))
  );
}

function facts(error: unknown): { code: string | null; reason: string } {
  const code = (error as { code?: unknown } | null)?.code;
  const known = typeof code === "string" ? code : null;
  // The URL parser's error quotes an invalid connection string with its password.
  const reason =
    known === "ERR_INVALID_URL"
      ? "it is not a valid connection string"
      : error instanceof Error && error.message !== ""
        ? error.message
        : (known ?? "no reason given");
  return { code: known, reason };
}
