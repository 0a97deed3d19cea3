import { expect, test } from "vitest";
import { craftZip } from "../../support/crafted-zip.ts";
import { manifestEntry, manifestXml, open, refusalOf } from "./package-file.ts";

/** A package whose manifest names this file, and whose archive has a file of that name in bytes. */
function packageOf(fileName: string, name: Buffer | string, isUtf8: boolean): Buffer {
  const manifest = manifestXml([
    { EntityName: "Items", InputFilePath: fileName, SourceFormat: "CSV" },
  ]);
  const flags = isUtf8 ? 0x0800 : 0;
  const content = "id\r\n1\r\n";
  return craftZip([
    { name, content, local: { flags }, listed: { flags } },
    manifestEntry(manifest),
  ]);
}

const NAME = "Größen é.csv";

test.each<[encoding: string, name: Buffer | string, isUtf8: boolean]>([
  ["UTF-8, as it says", Buffer.from(NAME), true],
  ["UTF-8, without saying so", Buffer.from(NAME), false],
  ["UTF-8, decomposed", Buffer.from(NAME.normalize("NFD")), true],
  ["UTF-8, decomposed, without saying so", Buffer.from(NAME.normalize("NFD")), false],
  ["code page 437", Buffer.from("Gr\x94\xe1en \x82.csv", "latin1"), false],
  ["code page 850", Buffer.from("Gr\x94\xe1en \x82.csv", "latin1"), false],
  ["Windows-1252", Buffer.from("Gr\xf6\xdfen \xe9.csv", "latin1"), false],
])("a file is found whose name is in %s", async (_, name, isUtf8) => {
  const { entities } = await open(packageOf(NAME, name, isUtf8));

  expect(entities.map(({ bytes }) => bytes)).toEqual([7]);
});

test("a file is found whose manifest has a decomposed name", async () => {
  const { entities } = await open(packageOf(NAME.normalize("NFD"), Buffer.from(NAME), true));

  expect(entities).toHaveLength(1);
});

test("what only code page 850 has is found, and what only code page 437 has too", async () => {
  const of850 = packageOf("Ø.csv", Buffer.from("\x9d.csv", "latin1"), false);
  const of437 = packageOf("¥.csv", Buffer.from("\x9d.csv", "latin1"), false);

  expect((await open(of850)).entities).toHaveLength(1);
  expect((await open(of437)).entities).toHaveLength(1);
});

test("a name that two files could have by guess is neither's", async () => {
  const manifest = manifestXml([
    { EntityName: "Items", InputFilePath: "Õ.csv", SourceFormat: "CSV" },
  ]);
  // in code page 850, and in Windows-1252
  const names = ["\xe5.csv", "\xd5.csv"].map((name) => Buffer.from(name, "latin1"));
  const entries = names.map((name) => ({
    name,
    content: "x",
    local: { flags: 0 },
    listed: { flags: 0 },
  }));

  expect(await refusalOf(craftZip([...entries, manifestEntry(manifest)]))).toContain(
    "which it does not have",
  );
});

test("a refusal lists the names that are there, as they are read", async () => {
  const refusal = await refusalOf(packageOf("Other.csv", Buffer.from(NAME), false));

  expect(refusal).toContain(
    `names the file "Other.csv", which it does not have; it has "${NAME}", "Manifest.xml"`,
  );
});
