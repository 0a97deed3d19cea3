import pg from "pg";
import { expect, test } from "vitest";
import { connectFailure, readFailure } from "../../../src/sources/postgres/postgres-errors.ts";

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

test("a failure to connect keeps no cause, since the driver's errors can quote the connection string", () => {
  const error = Object.assign(new Error("Invalid URL"), {
    code: "ERR_INVALID_URL",
    input: "s3cret",
  });

  const failure = connectFailure(error, "shop");

  expect(failure.code).toBe("source-invalid");
  expect(failure.cause).toBeUndefined();
});

test("a refused connection to several addresses, which has no message, is told by its code", () => {
  const error = Object.assign(new AggregateError([]), { code: "ECONNREFUSED" });

  expect(connectFailure(error, "shop").message).toBe(
    'Cannot connect to PostgreSQL with connection "shop": ECONNREFUSED',
  );
});
