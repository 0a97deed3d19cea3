import { csv } from "./csv/write.ts";
import type { OptionsOf, RowFormatKind, RowFormatOptions } from "./export-format.ts";
import type { Format } from "./format.ts";
import { json } from "./json/write.ts";
import { jsonl } from "./jsonl/write.ts";
import { xml } from "./xml/write.ts";
import { xmlLines } from "./xml-lines/write.ts";

const FORMATS: { readonly [Kind in RowFormatKind]: Format<OptionsOf<Kind>> } = {
  csv,
  json,
  jsonl,
  xml,
  "xml-lines": xmlLines,
};

/**
 * Finds the format of files that hold the rows of one entity.
 *
 * @param kind the `kind` of the very options that the writer is then given
 */
export function formatFor(kind: RowFormatKind): Format<RowFormatOptions> {
  return FORMATS[kind] as Format<RowFormatOptions>;
}

/** The media type of a file, with its charset where that is not UTF-8. */
export function contentTypeOf(options: RowFormatOptions): string {
  const { contentType } = formatFor(options.kind);
  const encoding = encodingOf(options);
  return encoding === "utf-8" ? contentType : `${contentType}; charset=${encoding}`;
}

/** The encoding that a format's text is to be written in. */
export function encodingOf(options: RowFormatOptions): "utf-8" | "utf-16le" {
  return options.kind === "csv" ? options.encoding : "utf-8";
}
