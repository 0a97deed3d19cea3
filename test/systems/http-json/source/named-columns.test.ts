import { expect, test } from "vitest";
import { HttpJsonDefinition } from "../../../../src/systems/http-json/source/definition.ts";
import { namedColumns } from "../../../../src/systems/http-json/source/named-columns.ts";

const ID = { name: "id", type: "integer" };
const PRICE = { name: "price", type: "decimal" };
const CITY = { name: "city", at: "address.city", type: "string" };

/** The result of a read of these rows. */
function outcome(columns: readonly object[], rows: readonly unknown[]): string {
  const named = namedColumns(
    HttpJsonDefinition.parse({
      ...{ kind: "http-json", connection: "api", path: "items" },
      ...{ columns, paging: { by: "none" }, incremental: { by: "none" } },
    }),
    null,
  );
  for (const row of rows) {
    named.see(row);
  }
  try {
    named.requireAll();
    return "read";
  } catch (error) {
    return (error as Error).message;
  }
}

test.each<[what: string, columns: object[], rows: unknown[]]>([
  ["no rows at all", [ID, PRICE], []],
  ["a column in one row only", [ID, PRICE], [{ id: 1 }, { id: 2, price: 3 }]],
  ["a column of nulls", [ID, PRICE], [{ id: 1, price: null }]],
  ["a null on the way to a column", [CITY], [{ address: null }]],
  ["a column that is optional", [ID, { ...PRICE, optional: true }], [{ id: 1 }]],
])("a read with %s goes well", (_, columns, rows) => {
  expect(outcome(columns, rows)).toBe("read");
});

test.each<[what: string, columns: object[], rows: unknown[]]>([
  [
    "price",
    [ID, PRICE],
    [
      { id: 1, Price: 2 },
      { id: 2, cost: 3 },
    ],
  ],
  ["city", [CITY], [{ address: {} }, { address: { town: "x" } }]],
])("a read none of whose rows names %s fails", (name, columns, rows) => {
  expect(outcome(columns, rows)).toMatch(`no row has a value or a null for "${name}"; a row has "`);
});
