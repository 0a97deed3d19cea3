import { expect, test } from "vitest";
import { connectFailure } from "../../../src/drivers/postgres/failures.ts";
import { READ_FAILURES } from "../../../src/sources/postgres/postgres-errors.ts";
import { WRITE_FAILURES } from "../../../src/targets/postgres/postgres-errors.ts";

test("a failure to connect keeps no cause, since the driver's errors can quote the connection string", () => {
  const error = Object.assign(new Error("Invalid URL"), {
    code: "ERR_INVALID_URL",
    input: "s3cret",
  });

  const failure = connectFailure(error, "shop", READ_FAILURES);

  expect(failure.code).toBe("source-invalid");
  expect(failure.cause).toBeUndefined();
});

test("a refused connection to several addresses, which has no message, is told by its code", () => {
  const error = Object.assign(new AggregateError([]), { code: "ECONNREFUSED" });

  expect(connectFailure(error, "shop", READ_FAILURES).message).toBe(
    'Cannot connect to PostgreSQL with connection "shop": ECONNREFUSED',
  );
});

test("connectFailure quotes no connection string", () => {
  const error = new Error("Invalid URL: postgres://u:s3cret@[x");
  const failure = connectFailure(
    Object.assign(error, { code: "ERR_INVALID_URL" }),
    "shop",
    WRITE_FAILURES,
  );

  expect(failure.message).toBe(
    'Cannot connect to PostgreSQL with connection "shop": it is no valid connection string; check the connection\'s setting',
  );
  expect(failure.cause).toBeUndefined();
});
