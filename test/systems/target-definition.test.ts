import { expect, test } from "vitest";
import { fieldProblems } from "../../src/domain/field-problems.ts";
import { DEFINITION_SCHEMAS } from "../../src/systems/index.ts";

const { target: TargetDefinition } = DEFINITION_SCHEMAS.parts;

const postgres = { kind: "postgres", connection: "shop", table: "shop.items", mode: "upsert" };
const http = { kind: "http-json", connection: "shop", method: "POST", path: "v1/items" };

function problemsOf(definition: object): string[] {
  const parsed = TargetDefinition.safeParse(definition);
  return parsed.success
    ? []
    : fieldProblems(parsed.error).map(({ field, message }) => `${field}: ${message}`);
}

test("TargetDefinition fills in what is usual", () => {
  expect(TargetDefinition.parse(postgres)).toEqual({
    ...postgres,
    batchRows: 1_000,
    statementTimeoutMs: 600_000,
    keepProgressDays: 30,
  });
  expect(TargetDefinition.parse(http)).toEqual({
    ...http,
    query: {},
    batchRows: 1,
    rowsAt: "",
    pathColumnsInBody: true,
    integers: "number",
    decimals: "number",
    nulls: "write",
    idempotencyHeader: "Idempotency-Key",
    retry: { attempts: 5, firstDelayMs: 1_000, maxDelayMs: 60_000, timeoutMs: 100_000 },
    maxAnswerBytes: 4_194_304,
  });
});

test.each([
  [{ ...postgres, table: "items" }, "table: must be schema.table"],
  [{ ...postgres, table: 'shop."a"b"' }, "table: must be schema.table"],
  [{ ...postgres, table: "shop.items; drop table x" }, "table: must be schema.table"],
  [{ ...postgres, mode: "insert", key: ["a"] }, 'key: is only allowed in mode "upsert"'],
  [{ ...postgres, mode: "insert", update: ["a"] }, 'update: is only allowed in mode "upsert"'],
  [{ ...postgres, key: ["a", "a"] }, "key: must not name a column twice"],
  [{ ...postgres, key: ["a"], update: ["a"] }, 'update: must not name "a": it belongs to the key'],
  [{ ...postgres, key: ["é".repeat(32)] }, "key[0]: must have at most 63 bytes"],
  [{ ...postgres, password: "x" }, "password: "],
  [{ ...http, path: "../admin" }, 'path: must not hold ".."'],
  [{ ...http, path: "items?x=1" }, 'path: must not hold "?"'],
  [{ ...http, path: "items/{a" }, 'path: must name columns as "{column}"'],
  [{ ...http, path: "items/{}" }, 'path: must name columns as "{column}"'],
  [{ ...http, path: "items/{a}", batchRows: 2 }, "batchRows: must be 1: the path names one row"],
  [{ ...http, method: "PATCH" }, "path: must name the row to PATCH"],
  [{ ...http, results: {} }, "results: is only allowed for requests of several rows"],
  [{ ...http, idempotencyHeader: "a\r\nb" }, "idempotencyHeader: must be the name of a header"],
  [{ kind: "ftp" }, "kind: "],
])("TargetDefinition refuses %j", (definition, problem) => {
  expect(problemsOf(definition)).toEqual([expect.stringContaining(problem)]);
});

test.each([
  { ...postgres, table: 'shop."Order ""lines"""', key: ["a"], update: [] },
  { ...http, method: "PATCH", path: "Items('{Item number}')" },
  { ...http, method: "PUT", batchRows: 100, results: { at: "value" } },
])("TargetDefinition takes %j", (definition) => {
  expect(problemsOf(definition)).toEqual([]);
});
