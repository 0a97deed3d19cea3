import pg from "pg";
import { AppError } from "../../domain/errors.ts";

/** Conditions that pass by themselves: connection, resources, operator's intervention, locks, serialization. */
const PASSING_CLASSES: ReadonlySet<string> = new Set(["08", "40", "53", "57", "58"]);
const LOCK_NOT_AVAILABLE = "55P03";
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
  /^(?:Connection terminated|Connection ended|timeout exceeded|Client has encountered a connection error|Client was closed)/;

const ADVICE: Readonly<Record<string, string>> = {
  "42501":
    "grant it to the connection's role, e.g. GRANT SELECT ON the table and USAGE ON its schema",
  "42P01": "create it, or correct its name; names with upper case stand in double quotes",
  "42703": "correct the column's name, or leave it out",
  "25006": "only SELECT is possible; reads run in a read-only transaction",
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
    ? new AppError("source-unavailable", `${what}: ${code ?? reason}`)
    : new AppError("source-invalid", `${what}: ${reason}; check the connection's setting`);
}

/**
 * Names a failure while reading.
 *
 * @param what completes "Cannot ", e.g. `read table "shop.items"`
 */
export function readFailure(error: unknown, what: string): AppError {
  const { code, reason } = facts(error);
  if (isPassing(error, code)) {
    return new AppError("source-unavailable", `Cannot ${what}: ${reason}`, { cause: error });
  }
  const advice = code === null ? undefined : ADVICE[code];
  const message = `Cannot ${what}: ${reason}${advice === undefined ? "" : `; ${advice}`}`;
  return new AppError("source-invalid", message, { cause: error });
}

function isPassing(error: unknown, code: string | null): boolean {
  if (error instanceof pg.DatabaseError) {
    return code === LOCK_NOT_AVAILABLE || PASSING_CLASSES.has((code ?? "").slice(0, 2));
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
