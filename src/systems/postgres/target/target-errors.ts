import pg from "pg";
import { AppError } from "../../../domain/errors.ts";
import { type FailureNames, PASSING_STATES, statementFailure } from "../failures.ts";

/**
 * Errors that one row can cause: cardinality, data, integrity, WITH CHECK OPTION, limits (a value too large for its
 * index) and errors that triggers raise. PostgreSQL reads this pattern too.
 */
export const ROW_FAULT_PATTERN = "^(21|22|23|44|54|P0)";
const ROW_FAULT_REGEXP = new RegExp(ROW_FAULT_PATTERN);
export const INSUFFICIENT_PRIVILEGE = "42501";
/** State of an error that a trigger or a function raises without a state of its own. */
export const RAISED = "P0001";

export const WRITE_FAILURES: FailureNames = {
  side: "target",
  passing: new Set([
    ...PASSING_STATES,
    "XX", // the server's own errors
    "25P03", // idle in transaction for too long
    "25006", // read-only: a standby after a failover, or a disk that is nearly full
  ]),
  advice: {
    [INSUFFICIENT_PRIVILEGE]:
      "grant the connection's role INSERT, and for upserts SELECT and UPDATE, on the table, and USAGE on its schema",
    "42P01": "create it, or correct its name; names with upper case stand in double quotes",
    "42703": "correct the column's name, or leave it out",
  },
};

/**
 * Names a failure while writing, unless it has a name already.
 *
 * @param what completes "Cannot ", e.g. `write to table "shop.items"`
 */
export function writeFailure(error: unknown, what: string): AppError {
  return error instanceof AppError ? error : statementFailure(error, what, WRITE_FAILURES);
}

/** Whether single rows may be at fault. */
export function isRowFault(error: unknown, options: { rowSecurity: boolean }): boolean {
  const code = error instanceof pg.DatabaseError ? (error.code ?? "") : "";
  return ROW_FAULT_REGEXP.test(code) || (options.rowSecurity && code === INSUFFICIENT_PRIVILEGE);
}

/** Whether a repetition may succeed at once: after a deadlock, or a clash of serializable transactions. */
export function isClash(error: unknown): boolean {
  return error instanceof pg.DatabaseError && (error.code === "40P01" || error.code === "40001");
}
