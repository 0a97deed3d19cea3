import { expect, test } from "vitest";
import { rowObject } from "../../../../src/systems/http-json/target/row-object.ts";

const COLUMNS = [
  { name: "no", type: "string" },
  { name: "price", type: "decimal" },
  { name: "name", type: "string" },
] as const;

test.each(["write", "omit"] as const)(
  "a column that is not mentioned is not a member, while a null is what nulls says: %s",
  (nulls) => {
    const options = { integers: "number", decimals: "number", nulls } as const;
    const object = rowObject(COLUMNS, options, new Set());

    expect(object(["A", undefined, "x"])).toBe('{"no":"A","name":"x"}');
    expect(object(["A", null, undefined])).toBe(
      nulls === "write" ? '{"no":"A","price":null}' : '{"no":"A"}',
    );
  },
);
