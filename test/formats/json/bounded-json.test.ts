import { glob, readFile } from "node:fs/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  isForeignJson,
  jsonExcess,
  MAX_JSON_DEPTH,
  MAX_JSON_MEMBERS,
  MAX_JSON_VALUES,
  parseForeignJson,
} from "../../../src/formats/json/bounded-json.ts";

const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

test("jsonExcess takes what has as many levels as allowed, and no more, whatever the brackets", () => {
  expect(jsonExcess(nested(MAX_JSON_DEPTH))).toBeNull();
  expect(jsonExcess(nested(MAX_JSON_DEPTH + 1))).toBe("is nested more than 64 deep");
  expect(jsonExcess('{"a":'.repeat(MAX_JSON_DEPTH + 1))).toBe("is nested more than 64 deep");
  expect(jsonExcess(`${nested(60)},`.repeat(50))).toBeNull();
});

test("jsonExcess looks into no string, however its quotes are escaped", () => {
  const brackets = "[".repeat(100);

  expect(jsonExcess(JSON.stringify([`${brackets}"${brackets}\\`, `\\"${brackets}`]))).toBeNull();
  expect(jsonExcess(`["\\\\"${brackets}`)).not.toBeNull();
  expect(jsonExcess(`["${brackets}`)).toBeNull();
});

test("jsonExcess counts values, and the members of each object by itself", () => {
  const object = (members: number) => `{${'"a":1,'.repeat(members - 1)}"a":1}`;

  expect(jsonExcess(`[${object(MAX_JSON_MEMBERS)},${object(MAX_JSON_MEMBERS)}]`)).toBeNull();
  expect(jsonExcess(`[${object(MAX_JSON_MEMBERS + 1)}]`)).toContain("members");
  expect(jsonExcess(`[${"1,".repeat(MAX_JSON_MEMBERS + 1)}1]`)).toBeNull();
  expect(jsonExcess(`[${"1,".repeat(MAX_JSON_VALUES)}1]`)).toContain("values");
  expect(jsonExcess(`[${"[],".repeat(MAX_JSON_VALUES / 2)}1]`)).toContain("values");
});

test("jsonExcess finds nothing in ordinary JSON", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 20 }), (value) => {
      expect(jsonExcess(JSON.stringify(value, null, 1))).toBeNull();
      expect(parseForeignJson(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("isForeignJson is false for what is not JSON, and for what is too deep", () => {
  expect([nested(64), nested(65), "{", "1"].map(isForeignJson)).toEqual([true, false, false, true]);
});

/** Where `JSON.parse` reads what Waybill itself or its operator wrote, or what was bounded just before. */
const OWN_TEXT = [
  "src/systems/blob/connection.ts",
  "src/systems/blob/source/blob-cursor.ts",
  "src/systems/http-json/connection.ts",
  "src/formats/json/bounded-json.ts",
  "src/functions/openapi/schemas.ts",
  "src/stores/table-rows.ts",
  "src/domain/source.ts",
  "src/domain/exports/export-cursor.ts",
  "src/domain/imports/row-errors.ts",
  "src/domain/exports/package-cursor.ts",
  "src/formats/json/json-values.ts",
  "src/d365/odata.ts",
  "src/systems/http-json/source/exact-json.ts",
  "src/systems/http-json/source/http-cursor.ts",
  "src/systems/postgres/source/kept-cursor.ts",
  "src/systems/postgres/source/places.ts",
  "src/systems/postgres/target/array-literal.ts",
  "src/systems/postgres/target/progress.ts",
  "src/systems/webhook/connection.ts",
];

test("nothing else parses JSON that others wrote", async () => {
  const parsing: string[] = [];
  for await (const file of glob("src/**/*.ts")) {
    const code = (await readFile(file, "utf8")).replace(/^\s*(?:\*|\/\/|\/\*).*$/gm, "");
    if (/(?:JSON|Json)\.parse\(|\.json\(\)/.test(code)) {
      parsing.push(file.replaceAll("\\", "/"));
    }
  }

  expect(parsing.sort()).toEqual(OWN_TEXT.sort());
});
