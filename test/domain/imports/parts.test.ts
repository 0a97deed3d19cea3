import { expect, test } from "vitest";
import { openParts } from "../../../src/domain/imports/parts.ts";
import type { Files } from "../../../src/domain/ports.ts";
import { readRows } from "../../../src/formats/read-rows.ts";
import { DEFINITION_SCHEMAS } from "../../../src/systems/index.ts";
import { aSubmission } from "../../support/a-submission.ts";
import { anAttempt } from "../../support/an-attempt.ts";
import { manifestPackage } from "../../support/manifest-package.ts";

const TARGET = { kind: "postgres", connection: "shop", table: "public.items", mode: "upsert" };

/** Rows of a package's only entity, which the import takes the column `id` of. */
async function rowsOf(content: string, sourceFormat: string, format: object = { kind: "package" }) {
  const bytes = manifestPackage({
    Items: { content, sourceFormat, maps: { id: "ID", other: "OTHER" } },
  });
  const definition = DEFINITION_SCHEMAS.kinds.imports.parse({
    format,
    entities: [{ name: "Items", columns: [{ name: "id" }], target: TARGET }],
  });
  const read: Files["read"] = async (_, range) => ({
    bytes: bytes.length,
    contentType: null,
    content: (async function* part() {
      yield bytes.subarray(range?.from, range?.to);
    })(),
  });
  const attempt = await anAttempt(aSubmission({ content: "package" }), definition, {
    files: { read } as Pick<Files, "read"> as Files,
  });
  const [part] = await openParts(attempt);
  attempt.stop();
  if (part === undefined) {
    throw new Error("the package has no part");
  }
  const rows = await readRows(await part.unpacked(), { format: part.format, columns: ["id"] });
  const batch = await rows.batches.next();
  return batch.value;
}

test.each([
  ["CSV", "id,other\n1,2\n"],
  ["XML-Element", "<a><r><id>1</id><other>2</other></r></a>"],
  ["XML-Attribute", '<a><r id="1" other="2"/></a>'],
])(
  "a package of %s may have fields that the import does not want",
  async (sourceFormat, content) => {
    const batch = await rowsOf(content, sourceFormat);

    expect([batch?.rows[0]?.[0], batch?.failures]).toEqual(["1", []]);
  },
);

test("a format of the import's own decides about such fields when it says so", async () => {
  const file = (more: object) => ({
    kind: "package",
    sourceFormats: [{ name: "XML-Element", file: { kind: "xml", ...more } }],
  });
  const content = "<a><r><id>1</id><other>2</other></r></a>";

  const refused = await rowsOf(content, "XML-Element", file({ unknownFields: "refuse" }));
  const taken = await rowsOf(content, "XML-Element", file({}));

  expect(refused?.failures).toHaveLength(1);
  expect(taken?.failures).toEqual([]);
});
