import { describe, expect, test } from "vitest";
import { type Manifest, readManifest } from "../../../src/domain/packages/read-manifest.ts";
import { entityXml, ITEMS, manifestXml } from "./package-file.ts";

async function manifestOf(content: string | Buffer): Promise<Manifest> {
  async function* bytes(): AsyncGenerator<Buffer> {
    yield Buffer.from(content);
  }
  return readManifest(bytes());
}

const xml = manifestXml([ITEMS]);
const declared = `<?xml version="1.0" encoding="utf-8"?>\r\n${xml}`;
const utf16be = (text: string): Buffer => Buffer.from(text, "utf16le").swap16();

test.each<[encoding: string, content: string | Buffer]>([
  ["UTF-8", xml],
  ["UTF-8 with a declaration", declared],
  ["UTF-8 with a mark", `\uFEFF${xml}`],
  ["UTF-8 with a mark and a declaration", `\uFEFF${declared}`],
  ["UTF-16LE with a mark, as Dynamics writes it", Buffer.from(`\uFEFF${xml}`, "utf16le")],
  ["UTF-16LE without a mark", Buffer.from(xml, "utf16le")],
  [
    "UTF-16LE with a declaration",
    Buffer.from(`\uFEFF<?xml version="1.0" encoding="utf-16"?>${xml}`, "utf16le"),
  ],
  ["UTF-16BE with a mark", utf16be(`\uFEFF${xml}`)],
  [
    "UTF-8 that says UTF-16, as .NET writes into strings",
    `<?xml version="1.0" encoding="utf-16"?>${xml}`,
  ],
])("readManifest reads %s", async (_, content) => {
  expect(await manifestOf(content)).toEqual({
    definitionGroup: "Shop",
    description: "All of it",
    entities: [
      {
        name: "Items",
        fileName: "Items.csv",
        sourceFormat: "CSV",
        executionUnit: 1,
        level: 1,
        sequence: 1,
        isDisabled: false,
      },
    ],
  });
});

describe("readManifest", () => {
  test("takes prefixes, blanks, references, empty elements and what it does not know", async () => {
    const { entities } = await manifestOf(
      `<p:DataManagementPackageManifest xmlns:p="urn:x"><p:PackageEntityList>
        <p:DataManagementPackageEntityData>
          <p:EntityMapList><p:EntityMap><p:EntityName>not this</p:EntityName></p:EntityMap></p:EntityMapList>
          <p:EntityName> Items &amp; <![CDATA[<more>]]> </p:EntityName>
          <p:SequenceInLevel/><p:LevelInExecutionUnit>3</p:LevelInExecutionUnit>
          <p:InputFilePath>a.csv</p:InputFilePath>
        </p:DataManagementPackageEntityData>
      </p:PackageEntityList></p:DataManagementPackageManifest>`,
    );

    expect(entities).toEqual([
      {
        name: "Items & <more>",
        fileName: "a.csv",
        sourceFormat: "",
        executionUnit: 1,
        level: 3,
        sequence: 1,
        isDisabled: false,
      },
    ]);
  });

  test("takes a package without entities", async () => {
    expect((await manifestOf(manifestXml([]))).entities).toEqual([]);
  });

  test("keeps little of a large manifest", async () => {
    const map = "<EntityMap><EntityField>ID</EntityField></EntityMap>".repeat(20_000);

    const { entities } = await manifestOf(
      manifestXml([
        { ...ITEMS, EntityMapList: map },
        { ...ITEMS, EntityName: "Other" },
      ]),
    );

    expect(entities.map(({ name }) => name)).toEqual(["Items", "Other"]);
  });
});

const without = (field: string): string =>
  manifestXml([Object.fromEntries(Object.entries(ITEMS).filter(([name]) => name !== field))]);
const nested = (depth: number): string => "<a>".repeat(depth) + "</a>".repeat(depth);
const laughs = `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>${xml}`;
const external = `<!DOCTYPE x SYSTEM "file:///etc/passwd">${xml}`;

test.each<[what: string, content: string | Buffer, because: string]>([
  ["nothing", "", "its Manifest.xml is no well-formed XML: document must contain a root element"],
  ["text", "hello", "its Manifest.xml is no well-formed XML: text data outside of root node"],
  [
    "another document",
    "<Items/>",
    'its Manifest.xml is a "Items", not a "DataManagementPackageManifest"',
  ],
  ["half a document", xml.slice(0, -5), "its Manifest.xml is no well-formed XML: unclosed tag"],
  ["entities that laugh", laughs, "its Manifest.xml has a DOCTYPE, which is not taken (line 1)"],
  ["an external entity", external, "its Manifest.xml has a DOCTYPE, which is not taken (line 1)"],
  [
    "an undefined entity",
    xml.replace("Shop", "&shop;"),
    "its Manifest.xml is no well-formed XML: undefined entity",
  ],
  [
    "a processing instruction",
    `<?xml-stylesheet href="x"?>${xml}`,
    "its Manifest.xml has a processing instruction",
  ],
  [
    "deep nesting",
    xml.replace("Shop", nested(300)),
    "its Manifest.xml is nested more than 200 deep",
  ],
  [
    "another encoding",
    `<?xml version="1.0" encoding="utf-7"?>${xml}`,
    'its Manifest.xml declares the encoding "utf-7"',
  ],
  ["XML 1.1", `<?xml version="1.1"?>${xml}`, "its Manifest.xml is XML 1.1, not 1.0"],
  [
    "bytes that are no UTF-8",
    Buffer.from(xml.replace("Shop", "Sh\xF6p"), "latin1"),
    '"Manifest.xml": it is not UTF-8',
  ],
  [
    "half a UTF-16 character",
    Buffer.concat([Buffer.from(`\uFEFF${xml}`, "utf16le"), Buffer.from("x")]),
    '"Manifest.xml": it is not utf-16le',
  ],
  [
    "an entity without a name",
    without("EntityName"),
    'its Manifest.xml gives entity 1 no "EntityName"',
  ],
  [
    "an entity without a file",
    without("InputFilePath"),
    'its Manifest.xml gives entity "Items" no "InputFilePath"',
  ],
  [
    "a place that is no number",
    manifestXml([{ ...ITEMS, ExecutionUnit: "one" }]),
    'its Manifest.xml gives entity "Items" "one" as "ExecutionUnit", which is no number',
  ],
  [
    "a field twice",
    xml.replace("</EntityName>", "</EntityName><EntityName>x</EntityName>"),
    'its Manifest.xml has "EntityName" twice in one element',
  ],
  [
    "a long name",
    manifestXml([{ ...ITEMS, EntityName: "x".repeat(1_001) }]),
    'its Manifest.xml has a "EntityName" of more than 1000 characters',
  ],
  [
    "a comment that does not end",
    `<!--${"x".repeat(1_300_000)}`,
    "its Manifest.xml has a text, comment or tag of more than 1048576 characters",
  ],
  [
    "1,001 entities",
    xml.replace(entityXml(ITEMS), entityXml(ITEMS).repeat(1_001)),
    "its Manifest.xml has more than 1000 entities",
  ],
])("readManifest refuses %s", async (_, content, because) => {
  const refusal = manifestOf(content);

  await expect(refusal).rejects.toMatchObject({ code: "file-unreadable" });
  await expect(refusal).rejects.toThrow(because);
});
