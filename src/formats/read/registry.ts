import type {
  ImportOptionsOf,
  RowImportFormat,
  RowImportKind,
} from "../../contracts/import-format.ts";
import { csv } from "./csv.ts";
import { fixedWidth } from "./fixed-width.ts";
import { json } from "./json.ts";
import { jsonl } from "./jsonl.ts";
import type { RowReader } from "./row-reader.ts";
import { xml } from "./xml.ts";
import { xmlLines } from "./xml-lines.ts";

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
