import { RowImportFormat } from "../../formats/index.ts";
import type { PackageImportFormat } from "./package-options.ts";
import { packageProblem } from "./package-problem.ts";
import type { ReadEntity } from "./read-package.ts";

/** Source data formats that every Dynamics system has, with their usual settings. */
const KNOWN: readonly (readonly [name: string, file: RowImportFormat])[] = [
  ["CSV", RowImportFormat.parse({ kind: "csv" })],
  ["CSV-Unicode", RowImportFormat.parse({ kind: "csv" })],
  ["TAB", RowImportFormat.parse({ kind: "csv", delimiter: "\t" })],
  ["XML-Element", RowImportFormat.parse({ kind: "xml" })],
  ["XML-Attribute", RowImportFormat.parse({ kind: "xml", values: "attributes" })],
];

const EXCEL_REGEXP = /excel|xlsx/i;

/**
 * Finds the format of an entity's file by the source data format in the manifest, in any case.
 *
 * @throws AppError `file-unreadable` when the format is unknown
 */
export function packageFileFormat(
  { sourceFormats }: PackageImportFormat,
  { name, sourceFormat }: Pick<ReadEntity, "name" | "sourceFormat">,
): RowImportFormat {
  const key = sourceFormat.toLowerCase();
  const own = sourceFormats.find((format) => format.name.toLowerCase() === key)?.file;
  const format = own ?? KNOWN.find(([known]) => known.toLowerCase() === key)?.[1];
  if (format === undefined) {
    const hint = EXCEL_REGEXP.test(sourceFormat)
      ? 'files of Excel are not read; set the data project\'s source data format to "CSV" or "XML-Element" and export the package anew'
      : "set the import's sourceFormats or the entity's format";
    throw packageProblem(
      `entity "${name}" has the source format "${sourceFormat}", which is not known: ${hint}`,
    );
  }
  return format;
}
