import { z } from "zod";
import { CsvExport } from "../../formats/csv/options.ts";
import { RowImportFormat } from "../../formats/index.ts";
import { refuseTwice } from "../../formats/refuse-twice.ts";
import { XmlExport, XmlNulls } from "../../formats/xml/options.ts";

const PackagedXml = XmlExport.extend({
  nulls: XmlNulls.default("omit").describe(
    '`omit` leaves the element of a null out, as Dynamics 365 does; `xsi-nil` writes it empty with xsi:nil="true".',
  ),
});

const PackageText = z
  .string()
  .max(255)
  .regex(/^\P{Cc}*$/u, "must not hold control characters");

export const PackageOptions = z.strictObject({
  kind: z
    .literal("package")
    .describe("A data package: a zip with a file for each entity and a manifest."),
  definitionGroup: PackageText.min(1).describe("Name of the data project that the package fills."),
  description: PackageText.default("").describe("Text for the manifest."),
  file: z
    .discriminatedUnion("kind", [CsvExport, PackagedXml], {
      error: 'must be a format of kind "csv" or "xml"',
    })
    .describe("Format of the entity files."),
  sourceFormat: PackageText.min(1)
    .max(60)
    .optional()
    .describe(
      "Name of the source data format in the receiving system. By default `CSV-Unicode` for csv in utf-16le, `CSV` for csv in utf-8, `XML-Element` for xml.",
    ),
  manifestEncoding: z
    .enum(["utf-16le", "utf-8"])
    .default("utf-16le")
    .describe("Encoding of the manifest."),
});
export type PackageOptions = z.infer<typeof PackageOptions>;

export const PackageImportFormat = z.strictObject({
  kind: z
    .literal("package")
    .describe("A data package: a zip with a file for each entity and a manifest."),
  sourceFormats: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(60).describe("Name of the source data format in the manifest."),
        file: RowImportFormat.describe("How its files are read."),
      }),
    )
    .max(50)
    .default([])
    .superRefine((formats, context) => {
      refuseTwice(
        formats.map(({ name }) => name.toLowerCase()),
        [],
        context,
      );
    })
    .describe(
      "Formats of the entities' files, by the source data format in the package's manifest. `CSV`, `CSV-Unicode`, `TAB`, `XML-Element` and `XML-Attribute` are known, and can be overridden.",
    ),
});
export type PackageImportFormat = z.infer<typeof PackageImportFormat>;
