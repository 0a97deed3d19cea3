import { expect, test } from "vitest";
import { FormatOptions, ImportFormat } from "../../../src/domain/definitions/file-formats.ts";
import { packageFileFormat } from "../../../src/domain/packages/package-file-format.ts";
import type {
  PackageImportFormat,
  PackageOptions,
} from "../../../src/domain/packages/package-options.ts";
import { encodeRows } from "../../../src/formats/encode-rows.ts";
import { writableFormat } from "../../../src/formats/index.ts";
import { readRows } from "../../../src/formats/read-rows.ts";
import type { Row } from "../../../src/formats/rows.ts";
import { writtenByPython } from "../../formats/foreign-writers.ts";
import { columns, rows } from "../../formats/nasty-rows.ts";
import { batchesOf, collected } from "../../formats/write-file.ts";
import { writtenPackage } from "../../support/written-package.ts";
import { ITEMS, manifestXml, open, readAll } from "./package-file.ts";

const FILES = { "Items.csv": "id\r\n1\r\n", "Größe.csv": "a\r\nß\r\n" };
const EXPECTED = { Items: "id\r\n1\r\n", Größe: "a\r\nß\r\n" };
const input = {
  manifest: manifestXml([
    ITEMS,
    { EntityName: "Größe", InputFilePath: "Größe.csv", SourceFormat: "CSV" },
  ]),
  files: FILES,
};

/** Packages as Python's zipfile writes them; `write` puts one file into the archive. */
function pythonZip(write: string, target = "io.BytesIO()"): string {
  return `
import io, zipfile
class Pipe(io.BytesIO):
    def seekable(self): return False
    def seek(self, *_): raise io.UnsupportedOperation
    def tell(self): raise io.UnsupportedOperation
target = ${target}
with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
    for name, text in [*input["files"].items(), ("Manifest.xml", input["manifest"])]:
        data = text.encode("utf-16" if name == "Manifest.xml" else "utf-8")
        ${write}
result = target.getvalue()`;
}

test.each([
  ["deflated", pythonZip("archive.writestr(name, data)")],
  ["stored", pythonZip("archive.writestr(name, data, zipfile.ZIP_STORED)")],
  ["with sizes behind the files", pythonZip("archive.writestr(name, data)", "Pipe()")],
  [
    "with Zip64 headers",
    pythonZip("with archive.open(name, 'w', force_zip64=True) as file: file.write(data)"),
  ],
  ["in a folder", pythonZip("archive.writestr('packed/' + name, data)")],
  [
    "with folders and a comment",
    pythonZip("archive.writestr(name, data); archive.comment = b'by hand'").replace(
      "for name",
      "archive.mkdir('Resources')\n    for name",
    ),
  ],
])("readPackage reads an archive of Python %s", async (_, script) => {
  expect(await readAll(writtenByPython(script, input))).toEqual(EXPECTED);
});

test("readPackage refuses a method of Python that it does not know", async () => {
  const script = pythonZip("archive.writestr(name, data, zipfile.ZIP_LZMA)");

  await expect(open(writtenByPython(script, input))).rejects.toThrow("is compressed by method 14");
});

async function packageOf(options: PackageOptions, content: readonly Row[]): Promise<Buffer> {
  const entities = ["Customer groups", "Größe/2"].map((name) => {
    const writer = writableFormat(options.file.kind).writer(columns, name, options.file);
    return {
      name,
      columns,
      bytes: encodeRows(batchesOf(content), writer),
    };
  });
  return writtenPackage(options, entities);
}

test.each([
  { file: { kind: "csv", encoding: "utf-16le" } },
  { file: { kind: "csv" }, manifestEncoding: "utf-8" },
  { file: { kind: "xml" } },
])("readPackage reads a package that was written with %j, every value of it", async (chosen) => {
  const options = FormatOptions.parse({
    kind: "package",
    definitionGroup: "Shop",
    ...chosen,
  }) as PackageOptions;
  const format = ImportFormat.parse({ kind: "package" }) as PackageImportFormat;

  const { entities, definitionGroup } = await open(await packageOf(options, rows));

  expect(definitionGroup).toBe("Shop");
  expect(entities.map(({ name }) => name)).toEqual(["Customer groups", "Größe/2"]);
  for (const entity of entities) {
    const names = columns.map(({ name }) => name);
    const read = await readRows(entity.content(), {
      format: packageFileFormat(format, entity),
      columns: names,
    });
    const batches = await collected(read.batches);
    // XML leaves nulls out, and what a row leaves out is not mentioned
    const absent = chosen.file.kind === "xml" ? undefined : null;
    expect(batches.flatMap((batch) => batch.rows)).toEqual(
      rows.map((row) => row.map((cell) => cell ?? absent)),
    );
  }
});
