import { z } from "zod";
import { RowFormatOptions, RowImportFormat, writableFormat } from "../../formats/index.ts";
import { mustHaveKind } from "../../formats/kinds.ts";
import { PackageImportFormat, PackageOptions } from "../packages/package-options.ts";

const EXPORTS = [...RowFormatOptions.options, PackageOptions] as const;
const IMPORTS = [...RowImportFormat.options, PackageImportFormat] as const;

/** The file's format and what can be chosen about it. What each option does to a value stands with the format. */
export const FormatOptions = z
  .discriminatedUnion("kind", EXPORTS, { error: mustHaveKind(EXPORTS) })
  .describe("The file's format and what can be chosen about it.");
export type FormatOptions = z.infer<typeof FormatOptions>;

/** Whether the file is compressed inside, so that it is not compressed once more. */
export function isPacked(options: FormatOptions): boolean {
  return options.kind === "package" || writableFormat(options.kind).isPacked;
}

/** The format of a file that is handed in. */
export const ImportFormat = z
  .discriminatedUnion("kind", IMPORTS, { error: mustHaveKind(IMPORTS) })
  .describe("The format of a file that is handed in.");
export type ImportFormat = z.infer<typeof ImportFormat>;
