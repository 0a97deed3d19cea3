import pg from "pg";
import { AppError } from "../../domain/errors.ts";

/** How failures are named on one side. */
export interface FailureNames {
  readonly side: "source" | "target";
  /** SQLSTATEs, and classes of them (their first two characters), of conditions that pass by themselves. */
  readonly passing: ReadonlySet<string>;
  /** What to do about an SQLSTATE that does not pass. */
  readonly advice: Readonly<Record<string, string>>;
}

/** Conditions that pass on either side: connection, resources, operator's intervention, locks, serialization. */
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
/** Texts of the driver's own errors about a lost or slow connection; it gives them no code. */
const DRIVER_CONNECTION_REGEXP =
  /^(?:Connection terminated|Connection ended|timeout exceeded|timeout expired|Client has encountered a connection error|Client was closed)/;

/** What a server's refusal of a connection means. Its own text names users, databases, hosts and rules: it is not told. */
const LOG_ON_REFUSALS: Readonly<Record<string, string>> = {
  "28000": "the server does not let its user in from here",
  "28P01": "the server does not accept its user or password",
  "3D000": "the server has no such database",
  "42501": "its user may not connect to the database",
};

/**
 * Names a failure while connecting. Keeps no cause: the driver's errors can hold the connection string.
 *
 * @param connection name of the connection, which alone stands in the message
 * @returns AppError `source-unavailable`, `source-invalid`, or the same of the target
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
  // texts of TLS hold the names of a certificate, those of the network addresses
  return /CERT|SSL|TLS|SIGNED|ISSUER/.test(code)
    ? `the server's certificate is not accepted (${code})`
    : `it fails with ${code}`;
}

/**
 * Names a failure of a statement.
 *
 * @param what completes "Cannot ", e.g. `read table "shop.items"`
 * @returns AppError `source-unavailable`, `source-invalid`, or the same of the target
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
  // An invalid connection string is quoted by the URL parser's error, password and all.
  const reason =
    known === "ERR_INVALID_URL"
      ? "it is not a valid connection string"
      : error instanceof Error && error.message !== ""
        ? error.message
        : (known ?? "no reason given");
  return { code: known, reason };
}
