import { z } from "zod";
import { RowFormatOptions, RowImportFormat, writableFormat } from "../../formats/index.ts";
import { mustHaveKind } from "../../formats/kinds.ts";
import { PackageImportFormat, PackageOptions } from "../packages/package-options.ts";

const EXPORTS = [...RowFormatOptions.options, PackageOptions] as const;
const IMPORTS = [...RowImportFormat.options, PackageImportFormat] as const;

/** The file's format and its options. The folder of each format describes the effect of its options. */
export const FormatOptions = z
  .discriminatedUnion("kind", EXPORTS, { error: mustHaveKind(EXPORTS) })
  .describe("The file's format and its options.");
export type FormatOptions = z.infer<typeof FormatOptions>;

/** Whether the file is compressed inside, so that it is not compressed again. */
export function isPacked(options: FormatOptions): boolean {
  return options.kind === "package" || writableFormat(options.kind).isPacked;
}

/** The format of a received file. */
export const ImportFormat = z
  .discriminatedUnion("kind", IMPORTS, { error: mustHaveKind(IMPORTS) })
  .describe("The format of a received file.");
export type ImportFormat = z.infer<typeof ImportFormat>;
