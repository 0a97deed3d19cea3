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

/** Every format of files with the rows of one entity. Everything else about formats is derived from this list. */
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

/** Format and options of an export's file. The folder of each format describes its options. */
export const RowFormatOptions = z.discriminatedUnion(
  "kind",
  exportSchemas as [ExportSchema, ...ExportSchema[]],
  { error: mustHaveKind(exportSchemas) },
);
export type RowFormatOptions = z.infer<typeof RowFormatOptions>;

/** Format and options of a file that an import reads. The folder of each format describes how values are read. */
export const RowImportFormat = z.discriminatedUnion(
  "kind",
  importSchemas as [ImportSchema, ...ImportSchema[]],
  { error: mustHaveKind(importSchemas) },
);
export type RowImportFormat = z.infer<typeof RowImportFormat>;

/** Finds the format that an export writes. The caller passes it the same options. */
export function writableFormat(
  kind: RowFormatOptions["kind"],
): WritableFormat<z.ZodType<RowFormatOptions>> {
  return found(WRITABLE, kind) as WritableFormat<z.ZodType<RowFormatOptions>>;
}

/** Finds the format that an import reads. The caller passes it the same options. */
export function readableFormat(
  kind: RowImportFormat["kind"],
): ReadableFormat<z.ZodType<RowImportFormat>> {
  return found(READABLE, kind) as ReadableFormat<z.ZodType<RowImportFormat>>;
}

/** The media type of an export's file. It names the charset unless that is UTF-8. */
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
