import pg from "pg";
import { AppError } from "../../domain/errors.ts";

/** Conditions that pass by themselves: connection, resources, operator's intervention, locks, serialization. */
const PASSING_CLASSES: ReadonlySet<string> = new Set(["08", "40", "53", "57", "58", "XX"]);
const PASSING_CODES: ReadonlySet<string> = new Set([
  "55P03", // lock not available
  "25P03", // idle in transaction for too long
  "25006", // read-only: a standby after a failover, or a disk that is nearly full
]);
const NETWORK_CODES: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
]);
/** Texts of the driver's own errors about a lost or slow connection; it gives them no code. */
const DRIVER_CONNECTION_REGEXP =
  /^(?:Connection terminated|Connection ended|timeout exceeded|timeout expired|Client has encountered a connection error|Client was closed)/;

/**
 * Errors that one row can be to blame for: cardinality, data, integrity, WITH CHECK OPTION, limits (a value too large
 * for its index) and what triggers raise. Read by PostgreSQL too.
 */
export const ROW_FAULT_PATTERN = "^(21|22|23|44|54|P0)";
const ROW_FAULT_REGEXP = new RegExp(ROW_FAULT_PATTERN);
export const INSUFFICIENT_PRIVILEGE = "42501";

const ADVICE: Readonly<Record<string, string>> = {
  [INSUFFICIENT_PRIVILEGE]:
    "grant the connection's role INSERT, and for upserts SELECT and UPDATE, on the table, and USAGE on its schema",
  "42P01": "create it, or correct its name; names with upper case stand in double quotes",
  "42703": "correct the column's name, or leave it out",
};

/**
 * Names a failure while connecting. Keeps no cause: the driver's errors can hold the connection string.
 *
 * @param connection name of the connection, which alone stands in the message
 */
export function connectFailure(error: unknown, connection: string): AppError {
  const { code, reason } = facts(error);
  const what = `Cannot connect to PostgreSQL with connection "${connection}"`;
  return isPassing(error, code)
    ? new AppError("target-unavailable", `${what}: ${code ?? reason}`)
    : new AppError("target-invalid", `${what}: ${reason}; check the connection's setting`);
}

/**
 * Names a failure while writing, unless it has a name already.
 *
 * @param what completes "Cannot ", e.g. `write to table "shop.items"`
 */
export function writeFailure(error: unknown, what: string): AppError {
  if (error instanceof AppError) {
    return error;
  }
  const { code, reason } = facts(error);
  if (isPassing(error, code)) {
    return new AppError("target-unavailable", `Cannot ${what}: ${reason}`, { cause: error });
  }
  const advice = code === null ? undefined : ADVICE[code];
  const message = `Cannot ${what}: ${reason}${advice === undefined ? "" : `; ${advice}`}`;
  return new AppError("target-invalid", message, { cause: error });
}

/** Whether single rows may be to blame. */
export function isRowFault(error: unknown, options: { rowSecurity: boolean }): boolean {
  const code = error instanceof pg.DatabaseError ? (error.code ?? "") : "";
  return ROW_FAULT_REGEXP.test(code) || (options.rowSecurity && code === INSUFFICIENT_PRIVILEGE);
}

/** Whether the same may succeed at once: a deadlock, or a clash of serializable transactions. */
export function isClash(error: unknown): boolean {
  return error instanceof pg.DatabaseError && (error.code === "40P01" || error.code === "40001");
}

function isPassing(error: unknown, code: string | null): boolean {
  if (error instanceof pg.DatabaseError) {
    return PASSING_CODES.has(code ?? "") || PASSING_CLASSES.has((code ?? "").slice(0, 2));
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
      ? "it is no valid connection string"
      : error instanceof Error && error.message !== ""
        ? error.message
        : (known ?? "no reason given");
  return { code: known, reason };
}
