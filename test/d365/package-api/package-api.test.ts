import { expect, test } from "vitest";
import {
  bareId,
  EntityNames,
  ExportRequest,
  ImportRequest,
} from "../../../src/d365/package-api/package-api.ts";

const GUID = "6d31e09f-0249-4f0a-9d6c-1f0e3c5b7a91";

test.each([
  [GUID.toUpperCase(), GUID],
  [`{${GUID.toUpperCase()}}`, GUID],
  [`"${GUID}"`, GUID],
  [`'{${GUID}}'`, GUID],
  [` "{ ${GUID} }" `, GUID],
  ["Job-A 1", "Job-A 1"],
  ["{Job}", "Job"],
  ["{Job}-1", "{Job}-1"],
  ['say "x"', 'say "x"'],
  ["O'Brien's", "O'Brien's"],
  ["line\nbreak", "line\nbreak"],
  ['"', '"'],
  ["{}", ""],
  ["", ""],
])("bareId reads %j as %j", (text, expected) => {
  expect(bareId(text)).toBe(expected);
});

test("bareId takes no time over many braces", () => {
  const text = "{".repeat(50_000) + "}".repeat(50_000);

  expect(bareId(text)).toHaveLength(100_000 - 8);
});

test("ExportRequest needs nothing but what the client sends", () => {
  expect(ExportRequest.parse({})).toEqual({
    ...{ definitionGroupId: "", packageName: "", executionId: "", entityList: [] },
    legalEntityId: "",
    ...{ reExecute: false, execute: true, count: 0, exportPreviewCount: 0 },
  });
});

test.each([
  [true, true],
  ["true", true],
  ["True", true],
  ['"true"', true],
  [1, true],
  ["false", false],
  [false, false],
  ["0", false],
  [null, false],
  ["", false],
])("ExportRequest reads reExecute %j as %j", (reExecute, expected) => {
  expect(ExportRequest.parse({ reExecute }).reExecute).toBe(expected);
});

test("ImportRequest imports, takes another package's place, and leaves errors to the definition, unless told", () => {
  expect(ImportRequest.parse({})).toMatchObject({
    ...{ execute: true, overwrite: true, failOnError: null, legalEntityId: "" },
  });
});

test.each([
  [true, true],
  ["False", false],
  [0, false],
  ["", null],
  [null, null],
])("ImportRequest reads failOnError %j as %j", (failOnError, expected) => {
  expect(ImportRequest.parse({ failOnError }).failOnError).toBe(expected);
});

test.each([
  [10, 10],
  ["10", 10],
  ["-1", 0],
  ["many", 0],
  ["9999999999", 0],
])("ExportRequest reads count %j as %j", (count, expected) => {
  expect(ExportRequest.parse({ count }).count).toBe(expected);
});

test.each([
  ["A, B;C,,", ["A", "B", "C"]],
  [
    ["A", " B "],
    ["A", "B"],
  ],
  [null, []],
  [undefined, []],
])("EntityNames reads %j as %j", (listOfDataEntities, expected) => {
  expect(EntityNames.parse({ listOfDataEntities }).listOfDataEntities).toEqual(expected);
});

test("ImportRequest reads the all-zero execution id as none, and refuses what is too long or no text", () => {
  const executionId = "{00000000-0000-0000-0000-000000000000}";

  expect(ImportRequest.parse({ executionId })).toMatchObject({ executionId: "", execute: true });
  expect(ImportRequest.safeParse({ executionId: "x".repeat(200) }).success).toBe(true);
  expect(ImportRequest.safeParse({ executionId: "x".repeat(201) }).success).toBe(false);
  expect(ImportRequest.safeParse({ packageUrl: { url: "x" } }).success).toBe(false);
});
