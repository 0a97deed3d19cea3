import type { Row } from "../../src/formats/rows.ts";
import { columns, controlTexts, rows, rowsOf, texts } from "./nasty-rows.ts";
import type { ImportOptions } from "./read-file.ts";

const names = columns.map(({ name }) => name);
const all = rowsOf([...texts, ...controlTexts]);

/** Options of our writers, options of their readers, and the rows that both can hold. */
export const WRITTEN_AND_READ: readonly (readonly [
  written: ImportOptions,
  read: ImportOptions,
  rows: readonly Row[],
])[] = [
  [{ kind: "csv" }, { kind: "csv" }, all],
  [{ kind: "csv", quoting: "all", lineEnd: "lf" }, { kind: "csv" }, all],
  [{ kind: "csv", quoting: "text", bom: true }, { kind: "csv" }, all],
  [
    { kind: "csv", delimiter: ";", nullText: "NULL" },
    { kind: "csv", delimiter: ";", nullText: "NULL" },
    all,
  ],
  [{ kind: "csv", encoding: "utf-16le" }, { kind: "csv" }, all],
  [{ kind: "csv", encoding: "utf-16le", bom: false }, { kind: "csv" }, all],
  [{ kind: "csv", header: false }, { kind: "csv", header: false, columns: names }, all],
  [{ kind: "json" }, { kind: "json" }, all],
  [{ kind: "json", nulls: "omit", integers: "string", decimals: "string" }, { kind: "json" }, all],
  [{ kind: "jsonl" }, { kind: "jsonl" }, all],
  [{ kind: "xml" }, { kind: "xml" }, rows],
  [{ kind: "xml", nulls: "omit", namespace: "urn:x" }, { kind: "xml", rowElement: "Items" }, rows],
  [{ kind: "xml-lines" }, { kind: "xml-lines" }, rows],
  [{ kind: "xml-lines", nulls: "omit" }, { kind: "xml-lines" }, rows],
];

const FIXED = [{ name: "a", start: 1, length: 2 }];
/** Options of readers that are given broken files. */
export const BROKEN_FILE_KINDS: readonly ImportOptions[] = [
  { kind: "csv" },
  { kind: "csv", strayQuotes: "keep", header: false, columns: ["a", "b"] },
  { kind: "csv", quotes: "none" },
  { kind: "json" },
  { kind: "json", rowsAt: "a" },
  { kind: "jsonl" },
  { kind: "xml" },
  { kind: "xml-lines" },
  { kind: "fixed-width", columns: FIXED },
];
