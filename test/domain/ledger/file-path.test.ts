import fc from "fast-check";
import { expect, test } from "vitest";
import { containerOf, FileType } from "../../../src/domain/ids.ts";
import { filePath } from "../../../src/domain/ledger/file-path.ts";
import { fileName } from "../../../src/domain/ledger/ledger-entry.ts";
import { aFile } from "../../support/file.ts";

const CORRELATION_ID = "7e06807f-674f-4199-9140-a97b897dbaee";
const FILE_ID = "ce820821-8215-427a-96eb-7f476bcfc8a4";

test("a file's path is the one that subscribers know", () => {
  const path = filePath({
    fileType: "Shop.ItemChanges",
    at: new Date("2022-07-05T23:59:59.999Z"),
    correlationId: CORRELATION_ID,
    fileId: FILE_ID,
    extension: "jsonl.gz",
  });

  expect(path).toEqual({
    container: "shop-itemchanges",
    name: `Shop.ItemChanges/2022-07-05/${CORRELATION_ID}-${FILE_ID}.jsonl.gz`,
  });
  expect(fileName(aFile({ path }))).toBe(`${CORRELATION_ID}-${FILE_ID}.jsonl.gz`);
});

const namePart = fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,12}$/);
const fileTypes = fc
  .array(namePart, { minLength: 2, maxLength: 4 })
  .map((parts) => parts.join("."))
  .filter((fileType) => FileType.safeParse(fileType).success);

test("every file type has a container that storage takes", () => {
  fc.assert(
    fc.property(fileTypes, (fileType) =>
      /^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(containerOf(fileType)),
    ),
  );
}, 60_000);

test("two file types share a container only when they differ in case alone", () => {
  fc.assert(
    fc.property(
      fileTypes,
      fileTypes,
      (one, other) =>
        (containerOf(one) === containerOf(other)) === (one.toLowerCase() === other.toLowerCase()),
    ),
  );
}, 60_000);

test.each([
  "Shop",
  "Shop.",
  ".Items",
  "Shop..Items",
  "Shop.Items-Changes",
  "Shop.Items/..",
  "Shop.1Items",
  "Shöp.Items",
  "Shop.Items\n",
  "__proto__.x",
  `A.${"b".repeat(60)}`,
])("%j is not a file type, and so never part of a path", (text) => {
  expect(FileType.safeParse(text).success).toBe(false);
});
