import { describe, expect, test } from "vitest";
import { readRows } from "../../src/formats/read-rows.ts";
import { UnreadableFileError } from "../../src/formats/unreadable-file-error.ts";
import {
  chunked,
  type ImportOptions,
  importOptions,
  readFile,
  repeated,
  rowsOf,
} from "./read-file.ts";

const json = (rowsAt = ""): ImportOptions => ({ kind: "json", rowsAt });

describe("json reads", () => {
  test("an array of objects", async () => {
    expect(await rowsOf(json(), ' [ {"a":1} ,\n{"a":"]"}\t] \n')).toEqual([["1"], ["]"]]);
  });

  test("an empty array", async () => {
    expect(await readFile(json(), "[ ]")).toMatchObject({ columns: [], rows: [], failures: [] });
  });

  test.each([
    ["value", '{"@odata.context":"x","value":[{"a":1}],"@odata.nextLink":"y"}'],
    ["value", '{"a":[{"value":[{"a":9}]}],"value":[{"a":1}]}'],
    ["data.items", '{"n":[1,{"data":2}],"data":{"x":"]}","items":[{"a":1}],"y":null},"z":true}'],
    ["data.items", '{"data.items":[{"a":1}]}'],
    ["a.b.c", '{"a":{"c":0},"a.b":{"c":[{"a":1}]}}'],
    ["d", '{"e":{},"f":[],"g":"\\\\","h":"\\"","d":[{"a":1}]}'],
  ])("the array at %s of %s", async (path, text) => {
    expect(await rowsOf(json(path), text)).toEqual([["1"]]);
  });

  test("past escapes that chunks cut", async () => {
    const text = `{"x":"${'\\\\\\"]'.repeat(20)}","v":[{"a":1}]}`;

    for (const lengths of [[1], [2], [3], [5, 1]]) {
      expect(await rowsOf(json("v"), chunked(Buffer.from(text), lengths))).toEqual([["1"]]);
    }
  });

  test("past anything that stands beside the rows, of any length", async () => {
    const long = { piece: `"${"\\\\".repeat(500)}",{"x":["${"y".repeat(64_000)}"]},`, times: 100 };

    const read = readFile(json("v"), repeated('{"skip":[', long, '0],"v":[{"a":1}]}'));

    expect((await read).rows).toEqual([["1"]]);
  });
});

const BAD_ROWS: readonly (readonly [row: string, reason: string])[] = [
  ["1", "is not a JSON object"],
  ["null", "is not a JSON object"],
  ['"text, with ]"', "is not a JSON object"],
  ['[{"a":1}]', "is not a JSON object"],
  ['{"a":1,}', 'is not JSON: " is missing before "}"'],
  ["{a:[1]}", 'is not JSON: " is missing before "a"'],
  [
    '{"a":tru}',
    "is not JSON: a value must be a string, number, object, array, true, false or null",
  ],
  [`{"a":${"[".repeat(99)}${"]".repeat(99)}}`, "is nested more than 64 deep"],
];

test.each(BAD_ROWS)("json fails the row %s alone", async (row, reason) => {
  const read = await readFile(json(), `[{"a":1},${row},{"a":3}]`);

  expect(read.failures.map((failure) => failure.reason)).toEqual([reason]);
  expect(read.raw).toEqual([row]);
  expect([read.rows, read.numbers]).toEqual([
    [["1"], ["3"]],
    [1, 3],
  ]);
});

test("json fails a row that is too long, and reads on", async () => {
  const long = { piece: `{"\\"":"${"x".repeat(64_000)}\\\\"},`, times: 100 };

  const read = await readFile(json(), repeated('[{"a":1},{"a":[', long, ' 0]},{"a":3}]'));

  expect(read.rows).toEqual([["1"], ["3"]]);
  expect(read.failures).toEqual([
    { row: 2, field: null, value: null, reason: "is longer than 4194304 characters" },
  ]);
  expect(read.raw).toEqual([null]);
});

const REFUSED: readonly (readonly [path: string, text: string, because: string])[] = [
  ["", "", "its JSON document is empty or ends too early"],
  ["", "  \n", "its JSON document is empty or ends too early"],
  ["", '{"a":1}', "its rows are not a JSON array"],
  ["", "id;name\n1;2\n", "its rows are not a JSON array"],
  ["", '[{"a":1}', "its JSON document is empty or ends too early"],
  ["", '[{"a":1},', "its JSON document is empty or ends too early"],
  ["", '[{"a":1},{"a"', "it ends in the middle of row 2"],
  ["", '[{"a":1},]', "a comma stands instead of row 2"],
  ["", '[,{"a":1}]', "a comma stands instead of row 1"],
  ["", '[{"a":1} {"a":2}]', 'it is not JSON: , or ] is missing before "{"'],
  ["", '[{"a":1}] []', "more text follows its JSON document"],
  ["value", '[{"a":1}]', 'it has no member "value"'],
  ["value", "{}", 'it has no member "value"'],
  ["value", '{"values":[]}', 'it has no member "value"'],
  ["value", '{"value":{"a":1}}', "its rows are not a JSON array"],
  ["value", '{"value":null}', "its rows are not a JSON array"],
  ["value", '{"value":[],"value":[]}', 'it has member "value" twice'],
  ["value", '{"value":[]', "its JSON document is empty or ends too early"],
  ["value", '{"x":"y', "its JSON document ends too early"],
  ["value", '{"x":[1', "its JSON document ends too early"],
  ["value", '{x:1,"value":[]}', "it is not JSON: a member has no name"],
  ["value", '{"x" 1}', "it is not JSON: a colon is missing after a member's name"],
  ["value", '{"x', "it is not JSON: the name of a member does not end"],
  ["value", '{"\\x":1}', "is not JSON: Bad escaped character"],
  ["a.b", '{"a":[{"b":[]}]}', 'it has no member "a.b"'],
];

test.each(REFUSED)("json with rows at %j refuses %s", async (path, text, because) => {
  const refusal = readFile(json(path), text);

  await expect(refusal).rejects.toThrow(UnreadableFileError);
  await expect(refusal).rejects.toThrow(because);
});

test("json hands out the rows before the place that cannot be read", async () => {
  const bytes = repeated('[{"a":1},{"a":2}', { piece: "", times: 0 }, " oops");
  const { batches } = await readRows(bytes, { format: importOptions(json()) });

  expect(await batches.next()).toMatchObject({ value: { firstRow: 1, rows: [["1"], ["2"]] } });
  await expect(batches.next()).rejects.toThrow(UnreadableFileError);
});
