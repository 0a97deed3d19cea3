import { AppError } from "../../../domain/errors.ts";
import { type FailureNames, PASSING_STATES, statementFailure } from "../failures.ts";
import { HIDDEN_ROWS_ADVICE, isHiddenRows } from "./row-security.ts";

export const READ_FAILURES: FailureNames = {
  side: "source",
  passing: new Set(PASSING_STATES),
  advice: {
    "42501":
      "grant it to the connection's role, e.g. GRANT SELECT ON the table and USAGE ON its schema",
    "42P01": "create it, or correct its name; names with upper case stand in double quotes",
    "42703": "correct the column's name, or leave it out",
    "25006": "only SELECT is possible; reads run in a read-only transaction",
  },
};

/**
 * Names a failure while reading.
 *
 * @param what completes "Cannot ", e.g. `read table "shop.items"`
 */
export function readFailure(error: unknown, what: string): AppError {
  return isHiddenRows(error)
    ? new AppError(
        "source-invalid",
        `Cannot ${what}: row-level security would hide rows from the connection's role (${(error as Error).message}); ${HIDDEN_ROWS_ADVICE}`,
        { cause: error },
      )
    : statementFailure(error, what, READ_FAILURES);
}
