import pg from "pg";
import { expect, test } from "vitest";
import { AppError } from "../../../../src/domain/errors.ts";
import { connectFailure } from "../../../../src/systems/postgres/failures.ts";
import {
  isClash,
  isRowFault,
  WRITE_FAILURES,
  writeFailure,
} from "../../../../src/systems/postgres/target/target-errors.ts";

function databaseError(code: string): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError("it failed", 0, "error"), { code });
}

test.each([
  ["08006", "target-unavailable"],
  ["40P01", "target-unavailable"],
  ["53100", "target-unavailable"],
  ["57P01", "target-unavailable"],
  ["57014", "target-unavailable"],
  ["55P03", "target-unavailable"],
  ["25006", "target-unavailable"],
  ["XX000", "target-unavailable"],
  ["42501", "target-invalid"],
  ["42P01", "target-invalid"],
  ["42P10", "target-invalid"],
])("writeFailure names SQLSTATE %s %s", (code, name) => {
  expect(writeFailure(databaseError(code), "write")).toMatchObject({ code: name });
});

test.each([
  Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }),
  new Error("Connection terminated unexpectedly"),
  new Error("timeout exceeded when trying to connect"),
])("writeFailure takes %s for something that passes", (error) => {
  expect(writeFailure(error, "write")).toMatchObject({ code: "target-unavailable" });
  expect(connectFailure(error, "shop", WRITE_FAILURES)).toMatchObject({
    code: "target-unavailable",
  });
});

test("writeFailure leaves names as they are, and gives advice", () => {
  const named = new AppError("target-invalid", "Cannot write: it is so");

  expect(writeFailure(named, "write")).toBe(named);
  expect(writeFailure(databaseError("42501"), "write").message).toContain(
    "grant the connection's role",
  );
});

test("isRowFault knows what a row can be to blame for", () => {
  const isFault = (code: string, rowSecurity = false) =>
    isRowFault(databaseError(code), { rowSecurity });

  expect(
    ["22P02", "23505", "21000", "44000", "54000", "P0001"].every((code) => isFault(code)),
  ).toBe(true);
  expect(["40P01", "53100", "57014", "42501", "XX000"].some((code) => isFault(code))).toBe(false);
  expect(isFault("42501", true)).toBe(true);
  expect(isRowFault(new Error("22P02"), { rowSecurity: true })).toBe(false);
});

test("isClash knows what may succeed at once", () => {
  expect(isClash(databaseError("40P01"))).toBe(true);
  expect(isClash(databaseError("40001"))).toBe(true);
  expect(isClash(databaseError("55P03"))).toBe(false);
});
