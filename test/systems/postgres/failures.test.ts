import pg from "pg";
import { expect, test } from "vitest";
import { connectFailure } from "../../../src/systems/postgres/failures.ts";
import { READ_FAILURES } from "../../../src/systems/postgres/source/source-errors.ts";
import { WRITE_FAILURES } from "../../../src/systems/postgres/target/target-errors.ts";

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

test.each([
  ["28P01", 'password authentication failed for user "plant_user"'],
  ["28000", 'no pg_hba.conf entry for host "10.9.8.7", user "plant_user", database "plant_db"'],
  ["3D000", 'database "plant_db" does not exist'],
  ["42501", 'permission denied for database "plant_db"'],
  ["0A000", 'unsupported startup parameter of "plant_user"'],
])("what a server says to %s is not passed on", (code, text) => {
  const error = Object.assign(new pg.DatabaseError(text, text.length, "error"), { code });

  const { message, cause } = connectFailure(error, "shop", READ_FAILURES);

  expect(message).toMatch(
    /^Cannot connect to PostgreSQL with connection "shop": (?:the server|its)/,
  );
  expect(`${message}${cause}`).not.toMatch(/plant|10\.9/);
});

test.each(["ERR_TLS_CERT_ALTNAME_INVALID", "DEPTH_ZERO_SELF_SIGNED_CERT", "CERT_HAS_EXPIRED"])(
  "what is wrong with a certificate is told by %s alone",
  (code) => {
    const text = "Hostname/IP does not match certificate's altnames: Host: plant.internal";

    const { message } = connectFailure(
      Object.assign(new Error(text), { code }),
      "shop",
      WRITE_FAILURES,
    );

    expect(message).toContain(`the server's certificate is not accepted (${code})`);
    expect(message).not.toContain("plant");
  },
);

test("connectFailure quotes no connection string", () => {
  const error = new Error("Invalid URL: postgres://u:s3cret@[x");
  const failure = connectFailure(
    Object.assign(error, { code: "ERR_INVALID_URL" }),
    "shop",
    WRITE_FAILURES,
  );

  expect(failure.message).toBe(
    'Cannot connect to PostgreSQL with connection "shop": it is not a valid connection string; check the connection\'s setting',
  );
  expect(failure.cause).toBeUndefined();
});

test.each(["ECONNREFUSED", "EAI_AGAIN", "EAI_FAIL", "EHOSTDOWN", "ENETDOWN", "EADDRNOTAVAIL"])(
  "a network that fails with %s may pass",
  (code) => {
    const error = Object.assign(new Error("connect"), { code });

    expect(connectFailure(error, "shop", READ_FAILURES).code).toBe("source-unavailable");
  },
);
