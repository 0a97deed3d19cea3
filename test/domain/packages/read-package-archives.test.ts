import { expect, test } from "vitest";
import { type CraftedEntry, craftZip, zip64Extra } from "../../support/crafted-zip.ts";
import { ITEMS_FILE, manifestEntry, packageWith, refusalOf } from "./package-file.ts";

const UNIX = 3 << 8;
const LINK = { versionMadeBy: UNIX | 20, attributes: (0o120_777 << 16) >>> 0 };
const PIPE = { versionMadeBy: UNIX | 20, attributes: (0o010_644 << 16) >>> 0 };
const extra = (name: string): CraftedEntry => ({ name, content: "x" });
const many = (count: number): CraftedEntry[] =>
  Array.from({ length: count }, (_, index) => extra(`${index}`));
const long = "x".repeat(60_000);

/** Two entries in the list for one file: its bytes are counted twice. */
function overlapping(): Buffer {
  const zip = packageWith({}, [extra("twin.csv")]);
  const place = zip.lastIndexOf("PK\x01\x02");
  zip.writeUInt32LE(0, place + 42);
  return zip;
}

function withoutLastListed(): Buffer {
  const zip = packageWith({}, [extra("hidden.csv")]);
  zip.writeUInt16LE(2, zip.length - 22 + 8);
  zip.writeUInt16LE(2, zip.length - 22 + 10);
  return zip;
}

function withAList(change: (list: Buffer) => Buffer): Buffer {
  const zip = packageWith();
  const start = zip.indexOf("PK\x01\x02");
  const end = zip.length - 22;
  return Buffer.concat([
    zip.subarray(0, start),
    change(zip.subarray(start, end)),
    zip.subarray(end),
  ]);
}

type HostileArchive = readonly [what: string, zip: () => Buffer, because: string | RegExp];

const ARCHIVES: readonly HostileArchive[] = [
  ["that is empty", () => Buffer.alloc(0), /End of central directory record/],
  ["that is text", () => Buffer.from("id,name\r\n".repeat(9)), /End of central directory record/],
  ["without entries", () => craftZip([]), "it has no Manifest.xml"],
  ["without a manifest", () => craftZip([ITEMS_FILE]), "it has no Manifest.xml"],
  [
    "with its manifest two folders down",
    () => craftZip([{ ...manifestEntry(), name: "a/b/Manifest.xml" }]),
    "it has no Manifest.xml",
  ],
  [
    "with manifests in two folders",
    () =>
      craftZip([
        { ...manifestEntry(), name: "a/Manifest.xml" },
        { ...manifestEntry(), name: "b/manifest.xml" },
      ]),
    "it has more than one Manifest.xml",
  ],
  [
    "with two manifests",
    () => packageWith({}, [{ ...manifestEntry(), name: "manifest.XML" }]),
    'two entries have the name "manifest.XML"',
  ],
  [
    "with a name twice",
    () => packageWith({}, [extra("ITEMS.CSV")]),
    'two entries have the name "ITEMS.CSV"',
  ],
  [
    "with a climbing name",
    () => packageWith({}, [extra("../Items.csv")]),
    "invalid relative path: ../Items.csv",
  ],
  [
    "with a name that climbs the Windows way",
    () => packageWith({}, [extra("a\\..\\..\\x")]),
    "invalid relative path: a/../../x",
  ],
  [
    "with an absolute name",
    () => packageWith({}, [extra("/etc/passwd")]),
    "absolute path: /etc/passwd",
  ],
  ["with a drive", () => packageWith({}, [extra("C:\\x")]), "absolute path: C:/x"],
  [
    "with a link",
    () => packageWith({ listed: LINK }),
    'entry "Items.csv" is not a plain file, but a link or device',
  ],
  [
    "with a pipe nobody names",
    () => packageWith({}, [{ ...extra("p"), listed: PIPE }]),
    'entry "p" is not a plain file, but a link or device',
  ],
  [
    "with an encrypted file",
    () => packageWith({ listed: { flags: 1 } }),
    'entry "Items.csv" is encrypted',
  ],
  [
    "with a strongly encrypted file",
    () => packageWith({ listed: { flags: 0x41 } }),
    "strong encryption is not supported",
  ],
  [
    "with an encrypted list",
    () => packageWith({ listed: { flags: 0x2000 } }),
    'entry "Items.csv" is encrypted',
  ],
  [
    "with an unknown method",
    () => packageWith({ method: 14 }),
    'entry "Items.csv" is compressed by method 14, which is not known',
  ],
  [
    "with a stored file of two sizes",
    () => packageWith({ method: 0, listed: { bytes: 8 } }),
    /size mismatch for stored file/,
  ],
  ["with entries that share bytes", overlapping, /shares bytes with another part/],
  [
    "with a file that runs into the list",
    () => packageWith({}, [{ ...extra("x"), listed: { packedBytes: 60 } }]),
    'entry "x" shares bytes with another part',
  ],
  ["with 2,001 entries", () => craftZip(many(2_001)), "it has 2001 entries, more than 2000"],
  [
    "that says it has 65,534 entries",
    () => packageWith({}, [], { count: 65_534 }),
    "it has 65534 entries, more than 2000",
  ],
  [
    "that says it has one entry more",
    () => packageWith({}, [], { count: 3 }),
    /it should have 489 bytes, but ends after 465/,
  ],
  [
    "that says it has one entry less",
    withoutLastListed,
    "its list is cut off or has more entries than it says",
  ],
  [
    "with a huge list",
    () =>
      craftZip(
        Array.from({ length: 80 }, (_, i) => ({
          ...extra(`${i}`),
          listed: { extra: Buffer.from(`\0\0\x60\xEA${long}`, "latin1") },
        })),
      ),
    "its list is longer than 4194304 bytes",
  ],
  [
    "whose list is cut off",
    () => withAList((list) => list.subarray(0, -10)),
    "its list is cut off or has more entries than it says",
  ],
  ["whose end is cut off", () => packageWith().subarray(0, -1), /End of central directory record/],
  ["whose start is cut off", () => packageWith().subarray(40), /signature|should have|share/],
  [
    "with bytes behind its end",
    () => Buffer.concat([packageWith(), Buffer.from("more")]),
    /Invalid comment length/,
  ],
  [
    "whose list is said to start behind its end",
    () => packageWith({}, [], { listStart: 0x7f_ff_ff_ff }),
    /should have 2147483693 bytes/,
  ],
  [
    "on several disks",
    () => packageWith({}, [], { disk: 1 }),
    /multi-disk zip files are not supported/,
  ],
  [
    "with an extra field that does not fit",
    () => packageWith({ listed: { extra: Buffer.from([1, 0, 99, 0]) } }),
    /extra field length exceeds/,
  ],
  [
    "with a Zip64 field that is missing",
    () => packageWith({ listed: { bytes: 0xff_ff_ff_ff, extra: zip64Extra() } }),
    /does not include uncompressed size/,
  ],
];

test.each(ARCHIVES)("readPackage refuses an archive %s", async (_, zip, because) => {
  expect(await refusalOf(zip())).toMatch(because);
});
