import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { errorList, listText, parseList } from "../../../src/domain/imports/row-errors.ts";

function failures(count: number, reason = "is wrong") {
  return Array.from({ length: count }, (_, index) => ({
    row: index + 1,
    field: "a\nb",
    value: "__proto__",
    reason,
  }));
}

test("keeps the first errors and counts all of them", () => {
  const errors = errorList(3);

  errors.add("Items", failures(2));
  errors.add("Prices", failures(5));

  expect(errors.count).toBe(7);
  expect(errors.kept.map(({ entity, row }) => `${entity} ${row}`)).toEqual([
    "Items 1",
    "Items 2",
    "Prices 1",
  ]);
});

test("cuts reasons, so that a list has a size that is known", () => {
  const errors = errorList(1);

  errors.add("Items", failures(1, "x".repeat(10_000)));

  expect(errors.kept[0]?.reason).toHaveLength(500);
});

test("keeps what a partner is told besides what the operator is told, as short", () => {
  const errors = errorList(1);

  errors.add("Items", [
    { row: 1, field: null, value: null, reason: "whole", partnerReason: "p".repeat(10_000) },
  ]);

  expect(errors.kept[0]?.partnerReason).toHaveLength(500);
});

test("reads back what it wrote", async () => {
  const errors = errorList(10);
  errors.add("Items", failures(3));

  const written = await text(listText(errors.kept));

  expect(written.split("\n")).toHaveLength(4);
  expect(parseList(written)).toEqual(errors.kept);
});
