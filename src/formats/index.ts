import { z } from "zod";
import { csv } from "./csv/csv.ts";
import { fixedWidth } from "./fixed-width/fixed-width.ts";
import type { ReadableFormat, WritableFormat } from "./format.ts";
import { json } from "./json/json.ts";
import { jsonl } from "./jsonl/jsonl.ts";
import { mustHaveKind } from "./kinds.ts";
import { parquet } from "./parquet/parquet.ts";
import { xml } from "./xml/xml.ts";
import { xmlLines } from "./xml-lines/xml-lines.ts";

/** Every format of files that hold the rows of one entity. All else about them is derived from this list. */
const FORMATS = [csv, json, jsonl, xml, xmlLines, fixedWidth, parquet] as const;

type AnyFormat = (typeof FORMATS)[number];
type Writable = Extract<AnyFormat, { readonly exportOptions: unknown }>;
type Readable = Extract<AnyFormat, { readonly importOptions: unknown }>;
type ExportSchema = Writable["exportOptions"];
type ImportSchema = Readable["importOptions"];

const WRITABLE = FORMATS.filter((format): format is Writable => "exportOptions" in format);
const READABLE = FORMATS.filter((format): format is Readable => "importOptions" in format);

const exportSchemas = WRITABLE.map(({ exportOptions }): ExportSchema => exportOptions);
const importSchemas = READABLE.map(({ importOptions }): ImportSchema => importOptions);

/** Format of an export's file, and what can be chosen about it. What each option does stands with the format. */
export const RowFormatOptions = z.discriminatedUnion(
  "kind",
  exportSchemas as [ExportSchema, ...ExportSchema[]],
  { error: mustHaveKind(exportSchemas) },
);
export type RowFormatOptions = z.infer<typeof RowFormatOptions>;

/** Format of a file that an import reads. How values are read stands with the format. */
export const RowImportFormat = z.discriminatedUnion(
  "kind",
  importSchemas as [ImportSchema, ...ImportSchema[]],
  { error: mustHaveKind(importSchemas) },
);
export type RowImportFormat = z.infer<typeof RowImportFormat>;

/** Finds the format that an export writes, to be given the very options that name it. */
export function writableFormat(
  kind: RowFormatOptions["kind"],
): WritableFormat<z.ZodType<RowFormatOptions>> {
  return found(WRITABLE, kind) as WritableFormat<z.ZodType<RowFormatOptions>>;
}

/** Finds the format that an import reads, to be given the very options that name it. */
export function readableFormat(
  kind: RowImportFormat["kind"],
): ReadableFormat<z.ZodType<RowImportFormat>> {
  return found(READABLE, kind) as ReadableFormat<z.ZodType<RowImportFormat>>;
}

/** The media type of an export's file, with its charset where that is not UTF-8. */
export function contentTypeOf(options: RowFormatOptions): string {
  const { contentType, charsetOf } = writableFormat(options.kind);
  const charset = charsetOf(options);
  return charset === null || charset === "utf-8"
    ? contentType
    : `${contentType}; charset=${charset}`;
}

function found<Format extends AnyFormat>(formats: readonly Format[], kind: Format["kind"]): Format {
  return formats.find((format) => format.kind === kind) as Format;
}
