import fc from "fast-check";
import { expect, test } from "vitest";
import { arrayToJson } from "../../../../src/systems/postgres/source/array-text.ts";

/** Writes an array as array_out does, with quotes around values that are not plain. */
function arrayText(values: readonly (string | null)[]): string {
  const elements = values.map((value) =>
    value === null
      ? "NULL"
      : /^[a-z0-9]+$/.test(value) && value !== "null"
        ? value
        : `"${value.replace(/[\\"]/g, "\\$&")}"`,
  );
  return `{${elements.join(",")}}`;
}

test("arrayToJson gives back every text, whatever characters it has", () => {
  const convert = arrayToJson(",", (text) => JSON.stringify(text));
  const element = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom(...'{},"\\ ;=[]NUL😀\n') }),
  );

  fc.assert(
    fc.property(fc.array(fc.option(element)), (values) => {
      expect(JSON.parse(convert(arrayText(values)))).toEqual(values);
    }),
  );
});

test("arrayToJson takes a quoted element of many megabytes", () => {
  const long = '\\"x'.repeat(2_000_000);

  const json = arrayToJson(",", (text) => JSON.stringify(text))(`{"${long}"}`);

  expect(JSON.parse(json)[0]).toHaveLength(4_000_000);
});
