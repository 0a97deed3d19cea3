import { expect, test } from "vitest";
import { DEFINITION_SCHEMAS } from "../../src/systems/index.ts";

const { source: SourceDefinition } = DEFINITION_SCHEMAS.parts;

const table = { kind: "postgres", connection: "shop", table: "shop.items" };
const query = {
  kind: "postgres",
  connection: "shop",
  query: "select 1 as id",
  incremental: { by: "none" },
};
const http = {
  kind: "http-json",
  connection: "api",
  path: "items",
  columns: [
    { name: "id", type: "integer" },
    { name: "at", type: "datetime" },
  ],
  paging: { by: "none" },
  incremental: { by: "none" },
};
const byColumn = { by: "cursor-column", column: "at", edge: { by: "transactions" } };
const byReturned = {
  by: "cursor-column",
  column: "at",
  filter: { by: "parameter", parameter: "since" },
};

test.each([
  [table],
  [{ ...table, table: 'shop."Order ""lines"""' }],
  [{ ...table, incremental: { by: "snapshot", narrow: { column: "updated_at" } } }],
  [{ ...table, incremental: byColumn, deleted: { by: "soft-delete", column: "gone" } }],
  [{ ...table, deleted: { by: "tombstones", table: "shop.deleted", key: { id: "item_id" } } }],
  [query],
  [{ ...query, parameters: ["x", 1, true, null, { cursor: "from" }], incremental: byColumn }],
  [http],
  [
    {
      ...http,
      path: "",
      rowsAt: "",
      paging: { by: "cursor", at: "meta.next", parameter: "page[after]" },
    },
  ],
  [{ ...http, incremental: byReturned, retry: { attempts: 1 } }],
])("%j is a source", (definition) => {
  expect(SourceDefinition.safeParse(definition).error?.issues).toBeUndefined();
});

test.each([
  [{ ...table, kind: "oracle" }, "kind", "Invalid discriminator"],
  [
    { ...table, connection: "postgres://u:p@h/d" },
    "connection",
    "must be the name of a connection",
  ],
  [{ ...table, table: "items" }, "table", "must be schema.table"],
  [{ ...table, table: "shop.Items" }, "table", "must be schema.table"],
  [{ ...table, table: "shop.items; drop table x" }, "table", "must be schema.table"],
  [{ ...table, table: 'shop."a"b"' }, "table", "must be schema.table"],
  [{ ...table, query: "select 1" }, "table", "exactly one of the two"],
  [{ kind: "postgres", connection: "shop" }, "table", "exactly one of the two"],
  [{ ...table, parameters: [1] }, "parameters", 'belong to "query"'],
  [{ ...table, columns: ["x".repeat(64)] }, "columns.0", "at most 63 bytes"],
  [{ ...table, colums: ["id"] }, "", "colums"],
  [{ ...query, columns: ["id"] }, "columns", 'belong to "table"'],
  [{ ...query, deleted: { by: "soft-delete", column: "x" } }, "deleted", 'belongs to "table"'],
  [{ ...query, incremental: undefined }, "incremental", "must be stated for a query"],
  [{ ...query, incremental: { by: "snapshot" } }, "incremental", "only for a table"],
  [
    { ...table, deleted: { by: "tombstones", table: "shop.d", key: {} } },
    "deleted.key",
    "at least one",
  ],
  [{ ...http, path: "../other" }, "path", '".."'],
  [{ ...http, path: "items?x=1" }, "path", '"?"'],
  [
    { ...http, columns: [...http.columns, { name: "id", type: "string" }] },
    "columns.2.name",
    "twice",
  ],
  [
    { ...http, incremental: { ...byReturned, column: "id" } },
    "incremental.column",
    'of type "datetime"',
  ],
  [
    { ...http, incremental: { ...byReturned, column: "no" } },
    "incremental.column",
    'one of "columns"',
  ],
  [
    { ...http, incremental: { ...byReturned, filter: { ...byReturned.filter, template: "x" } } },
    "incremental.filter.template",
    "{from}",
  ],
  [
    { ...http, incremental: { ...byReturned, filter: { by: "odata", field: "a eq 1 or b" } } },
    "incremental.filter.field",
    "a property's name",
  ],
])("%j is refused, and the message says where and why", (definition, path, message) => {
  const issues = SourceDefinition.safeParse(definition).error?.issues ?? [];

  expect(issues.map((issue) => [issue.path.join("."), issue.message])).toContainEqual([
    path,
    expect.stringContaining(message),
  ]);
});
