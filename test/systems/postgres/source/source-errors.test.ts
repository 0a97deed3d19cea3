import pg from "pg";
import { expect, test } from "vitest";
import { readFailure } from "../../../../src/systems/postgres/source/source-errors.ts";

function databaseError(code: string, message = "it failed"): pg.DatabaseError {
  const error = new pg.DatabaseError(message, message.length, "error");
  error.code = code;
  return error;
}

test.each([
  ["08006", "source-unavailable"], // connection failure
  ["53300", "source-unavailable"], // too many connections
  ["55P03", "source-unavailable"], // lock not available
  ["57P03", "source-unavailable"], // starting up
  ["57014", "source-unavailable"], // cancelled, statement timeout
  ["40001", "source-unavailable"], // recovery conflict on a standby
  ["55000", "source-invalid"],
  ["42P01", "source-invalid"],
  ["22012", "source-invalid"],
])("SQLSTATE %s is %s", (state, code) => {
  expect(readFailure(databaseError(state), "read it")).toMatchObject({ code });
});
