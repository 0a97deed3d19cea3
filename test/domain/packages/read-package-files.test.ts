import { deflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { type CraftedEntry, craftZip, zip64Extra } from "../../support/crafted-zip.ts";
import {
  ITEMS,
  ITEMS_FILE,
  manifestEntry,
  manifestXml,
  packageWith,
  refusalOf,
} from "./package-file.ts";

const named = (fileName: string): Buffer =>
  craftZip([ITEMS_FILE, manifestEntry(manifestXml([{ ...ITEMS, InputFilePath: fileName }]))]);

const zeros = Buffer.alloc(50 * 2 ** 20);

function sizes(bytes: number): Partial<CraftedEntry> {
  return { local: { bytes }, listed: { bytes } };
}

/** A header before the file that takes the first bytes of the next entry for its own file. */
function withLocalExtra(): Buffer {
  const zip = packageWith();
  zip.writeUInt16LE(20, 28);
  return zip;
}

type HostileFile = readonly [what: string, zip: () => Buffer, because: string | RegExp];

const FILES: readonly HostileFile[] = [
  [
    "that has another name before its bytes",
    () => packageWith({ local: { name: "other.csv" } }),
    'entry "Items.csv" is not what the archive\'s list says',
  ],
  [
    "that has another method before its bytes",
    () => packageWith({ local: { method: 0 } }),
    'entry "Items.csv" is not what',
  ],
  [
    "that has another size before its bytes",
    () => packageWith({ local: { bytes: 8 } }),
    'entry "Items.csv" is not what',
  ],
  [
    "that has another checksum before its bytes",
    () => packageWith({ local: { crc32: 1 } }),
    'entry "Items.csv" is not what',
  ],
  [
    "that is encrypted by what stands before its bytes",
    () => packageWith({ local: { flags: 1 } }),
    'entry "Items.csv" is not what',
  ],
  [
    "whose extra field is longer before its bytes",
    () => withLocalExtra(),
    'entry "Items.csv" shares bytes with another part',
  ],
  [
    "that is not where the list says",
    () => packageWith({ listed: { offset: 3 } }),
    /invalid local file header signature|shares bytes/,
  ],
  [
    "that is smaller than it says",
    () => packageWith({ ...sizes(8) }),
    '"Items.csv" should have 8 bytes, but has 7',
  ],
  [
    "that is larger than it says",
    () => packageWith({ ...sizes(6) }),
    '"Items.csv" should have 6 bytes, but has more',
  ],
  [
    "of another checksum",
    () => packageWith({ local: { crc32: 1 }, listed: { crc32: 1 } }),
    '"Items.csv" is damaged: its checksum is wrong',
  ],
  [
    "that is not deflate",
    () => packageWith({ packed: Buffer.from("not at all") }),
    /"Items.csv": its deflate data is damaged or cut off/,
  ],
  [
    "whose deflate is cut off",
    () => packageWith({ packed: deflateRawSync("id\r\n1\r\n").subarray(0, -2) }),
    /"Items.csv": its deflate data is damaged or cut off/,
  ],
  [
    "with bytes behind its deflate",
    () =>
      packageWith({
        packed: Buffer.concat([deflateRawSync("id\r\n1\r\n"), Buffer.from("more")]),
      }),
    /"Items.csv": more bytes follow the end of its deflate data/,
  ],
  [
    "that is a bomb",
    () => packageWith({ content: zeros }),
    /"Items.csv": it unpacks to more than 200 times its size/,
  ],
  [
    "that is a bomb and says it is small",
    () => packageWith({ content: zeros, local: { bytes: 1_000 }, listed: { bytes: 1_000 } }),
    '"Items.csv" should have 1000 bytes, but has more',
  ],
  [
    "that is said to unpack to 9 GiB",
    () => packageWith({ listed: { bytes: 0xff_ff_ff_ff, extra: zip64Extra(9 * 2 ** 30) } }),
    "it unpacks to 9663676416 bytes, more than 8589934592",
  ],
  [
    "that is not there",
    () => named("Other.csv"),
    'entity "Items" names the file "Other.csv", which it does not have; it has "Items.csv", "Manifest.xml"',
  ],
  [
    "that climbs",
    () => named("../Items.csv"),
    'entity "Items" names the file "../Items.csv", which is not a plain name',
  ],
  ["in a folder", () => named("a\\Items.csv"), /which is not a plain name/],
];

test.each(FILES)("readPackage refuses a file %s", async (_, zip, because) => {
  expect(await refusalOf(zip())).toMatch(because);
});
