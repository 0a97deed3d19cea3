import pg from "pg";
import type { PostgresDefinition } from "./definition.ts";
import type { ReadSession } from "./read-session.ts";

/**
 * Makes PostgreSQL refuse every statement of the transaction from which a policy would hide rows. This covers the
 * table, its tombstones, and the tables of a query or a view.
 *
 * @see https://www.postgresql.org/docs/current/ddl-rowsecurity.html
 */
export async function refuseHiddenRows(
  session: ReadSession,
  { rowSecurity }: PostgresDefinition,
): Promise<void> {
  if (rowSecurity === "refuse") {
    await session.query("set local row_security = off");
  }
}

/**
 * Whether PostgreSQL refused a statement for that reason. The error's text depends on the server's language; its
 * routine does not.
 */
export function isHiddenRows(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.routine === "check_enable_rls";
}

export const HIDDEN_ROWS_ADVICE =
  'read by a role that sees every row (the owner, or one with BYPASSRLS), or say rowSecurity: "apply" in the source if the export should hold only the rows that this role may see';
