import type { Column, Row } from "../../src/formats/rows.ts";

/** One column of each type; `id` first, so that a reader can put rows in order. */
export const columns: readonly Column[] = [
  { name: "id", type: "integer" },
  { name: "text", type: "string" },
  { name: "big", type: "integer" },
  { name: "amount", type: "decimal" },
  { name: "ratio", type: "double" },
  { name: "active", type: "boolean" },
  { name: "day", type: "date" },
  { name: "clock", type: "time" },
  { name: "changed", type: "datetime" },
  { name: "local", type: "local-datetime" },
  { name: "key", type: "uuid" },
  { name: "extra", type: "json" },
  { name: "bytes", type: "binary" },
];

/** Texts that have broken exports; what XML 1.0 cannot hold is in {@link controlTexts}. */
export const texts: readonly (string | null)[] = [
  null,
  "",
  " ",
  "null",
  "NULL",
  "plain",
  "007",
  "=1+1",
  "+1",
  "-1",
  "@SUM(A1)",
  "\tindented",
  "trailing blanks   ",
  "   leading blanks",
  'a "quoted" word',
  '"',
  '""',
  "'",
  "one,two;three|four\tfive",
  "line\nfeed",
  "carriage\rreturn",
  "both\r\nof them\r\n",
  "\n",
  "\\",
  "back\\slash \\n \\u0041",
  "<b>&amp;</b> ]]> <!-- & -->",
  "emoji 😀 and 👩‍👩‍👧‍👦",
  "Grüße, Ελληνικά, 日本語, עברית",
  "e\u0301 is not é",
  "line separators \u0085 \u2028 \u2029 here",
  "byte order mark \uFEFF inside",
  "delete \u007F and C1 \u009F",
  "true",
  "2024-02-29",
  "NaN",
  "{}",
  "__proto__",
  "a".repeat(100_000),
];

/** Apart because DuckDB's binding for Node drops a byte order mark at the start of any text that it returns. */
export const byteOrderMarkText = "\uFEFFbyte order mark first";

/** Characters that XML 1.0 cannot hold. */
export const controlTexts: readonly string[] = [
  "bell \u0007",
  "escape \u001B[0m",
  "last \uFFFE\uFFFF",
];

const TYPED: readonly Row[] = [
  [
    "9223372036854775807",
    "1234567890123456789012345678.9012345678",
    "0.1",
    "true",
    "2024-02-29",
    "23:59:59.999999",
    "2024-02-29T23:59:59.999999Z",
    "2024-02-29T23:59:59.999999",
    "6d31e09f-0249-4c3a-9f00-0123456789ab",
    '{"a":[1,2.50,"x\\ny"],"b":9007199254740993}',
    "AAEC/w==",
  ],
  [
    "-9223372036854775808",
    "-0.0000000001",
    "-1.7976931348623157e+308",
    "false",
    "0001-01-01",
    "00:00:00",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00",
    "00000000-0000-0000-0000-000000000000",
    "[]",
    "",
  ],
  [
    "0",
    "1.50",
    "5e-324",
    "true",
    "9999-12-31",
    "12:00:00.5",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    '"text"',
    "+/8=",
  ],
  [null, null, null, null, null, null, null, null, null, null, null],
];

/** A row for each text, with the typed values in turn. */
export function rowsOf(all: readonly (string | null)[]): readonly Row[] {
  return all.map((text, index) => [String(index), text, ...(TYPED[index % TYPED.length] ?? [])]);
}

export const rows: readonly Row[] = rowsOf(texts);
