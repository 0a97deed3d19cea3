import { expect, test } from "vitest";
import { packageFileFormat } from "../../../src/domain/packages/package-file-format.ts";
import { ImportFormat, type PackageImportFormat } from "../../../src/formats/import-format.ts";

function optionsOf(sourceFormats: readonly unknown[] = []): PackageImportFormat {
  return ImportFormat.parse({ kind: "package", sourceFormats }) as PackageImportFormat;
}

test.each([
  ["CSV", { kind: "csv", delimiter: "," }],
  ["CSV-Unicode", { kind: "csv", delimiter: ",", encoding: "auto" }],
  ["csv-unicode", { kind: "csv" }],
  ["TAB", { kind: "csv", delimiter: "\t" }],
  ["XML-Element", { kind: "xml", values: "elements" }],
  ["XML-Attribute", { kind: "xml", values: "attributes" }],
])("packageFileFormat knows %s", (sourceFormat, format) => {
  expect(packageFileFormat(optionsOf(), { name: "Items", sourceFormat })).toMatchObject(format);
});

test("packageFileFormat takes the import's own format before one that is known", () => {
  const options = optionsOf([
    { name: "csv", file: { kind: "csv", delimiter: ";" } },
    { name: "Lines", file: { kind: "jsonl" } },
  ]);

  expect(packageFileFormat(options, { name: "Items", sourceFormat: "CSV" })).toMatchObject({
    delimiter: ";",
  });
  expect(packageFileFormat(options, { name: "Items", sourceFormat: "lines" })).toMatchObject({
    kind: "jsonl",
  });
});

test("packageFileFormat tells what to do about a file of Excel", () => {
  expect(() => packageFileFormat(optionsOf(), { name: "Items", sourceFormat: "Excel" })).toThrow(
    'set the data project\'s source data format to "CSV" or "XML-Element"',
  );
});

test("packageFileFormat refuses a format that it does not know", () => {
  expect(() => packageFileFormat(optionsOf(), { name: "Items", sourceFormat: "EXCEL" })).toThrow(
    'Cannot read the package: entity "Items" has the source format "EXCEL", which is not known',
  );
});
