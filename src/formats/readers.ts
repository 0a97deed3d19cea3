import { csv } from "./csv/read.ts";
import { fixedWidth } from "./fixed-width/read.ts";
import type { ImportOptionsOf, RowImportFormat, RowImportKind } from "./import-format.ts";
import { json } from "./json/read.ts";
import { jsonl } from "./jsonl/read.ts";
import type { RowReader } from "./row-reader.ts";
import { xml } from "./xml/read.ts";
import { xmlLines } from "./xml-lines/read.ts";

const READERS: { readonly [Kind in RowImportKind]: RowReader<ImportOptionsOf<Kind>> } = {
  csv,
  json,
  jsonl,
  xml,
  "xml-lines": xmlLines,
  "fixed-width": fixedWidth,
};

/**
 * Finds the reader of files that hold the rows of one entity.
 *
 * @param kind the `kind` of the very options that the reader is then given
 */
export function readerFor(kind: RowImportKind): RowReader<RowImportFormat> {
  return READERS[kind] as RowReader<RowImportFormat>;
}
