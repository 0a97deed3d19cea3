import { expect, test } from "vitest";
import { ImportColumn } from "../../../src/domain/imports/import-column.ts";

test.each([
  { from: "a", constant: 1 },
  { fact: "row", constant: 1 },
  { constant: 1, optional: true },
  { type: "uuid", round: "down" },
  { fact: "row", optional: true },
  { type: "integer", maxLength: 3 },
  { type: "string", min: 1 },
  { type: "decimal", oneOf: ["1"] },
  { type: "string", dates: "dmy" },
  { minLength: 3, maxLength: 2 },
  { type: "decimal", numbers: { decimal: ".", group: "." } },
])("the contract refuses %j", (written) => {
  expect(ImportColumn.safeParse({ name: "value", ...written }).success).toBe(false);
});
