import { buffer } from "node:stream/consumers";
import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RangedFile } from "../../../src/domain/packages/ranged-file.ts";
import { type ReadEntity, readPackage } from "../../../src/domain/packages/read-package.ts";
import {
  craftZip,
  endRecord,
  headerOf,
  listedHeader,
  zip64End,
  zip64Extra,
} from "../../support/crafted-zip.ts";
import { lengthOf, virtualFile } from "../../support/virtual-file.ts";
import {
  ITEMS,
  ITEMS_FILE,
  manifestEntry,
  manifestXml,
  open,
  packageWith,
  rangedFile,
  readAll,
} from "./package-file.ts";

async function firstEntity(file: RangedFile): Promise<ReadEntity> {
  const [entity] = (await readPackage(file)).entities;
  return entity as ReadEntity;
}

describe("readPackage opens", () => {
  test("a package, with each entity's file", async () => {
    const { definitionGroup, description, entities } = await open(packageWith());

    expect({ definitionGroup, description }).toEqual({
      definitionGroup: "Shop",
      description: "All of it",
    });
    expect(entities).toEqual([
      {
        name: "Items",
        fileName: "Items.csv",
        sourceFormat: "CSV",
        executionUnit: 1,
        level: 1,
        sequence: 1,
        failsOnErrors: false,
        fieldMaps: [],
        bytes: 7,
        content: expect.any(Function),
      },
    ]);
    expect(await readAll(packageWith())).toEqual({ Items: "id\r\n1\r\n" });
  });

  test("a file twice, with the same bytes", async () => {
    const entity = await firstEntity(rangedFile(packageWith()));

    const once = await buffer(entity.content());
    const again = await buffer(entity.content());

    expect(again.equals(once)).toBe(true);
  });

  test("a stored file", async () => {
    expect(await readAll(packageWith({ method: 0 }))).toEqual({ Items: "id\r\n1\r\n" });
  });

  test("names in whatever case and composition", async () => {
    const manifest = manifestXml([{ ...ITEMS, InputFilePath: "GRÖßE.csv" }]);
    const zip = craftZip([
      { name: "gro\u0308ße.CSV", content: "x" },
      { name: "MANIFEST.XML", content: manifest },
    ]);

    expect(await readAll(zip)).toEqual({ Items: "x" });
  });

  test.each(["pack/", "pack\\"])("a package in a folder %j", async (folder) => {
    const zip = craftZip([
      { name: "pack/", content: "" },
      { ...ITEMS_FILE, name: `${folder}Items.csv` },
      { ...manifestEntry(), name: `${folder}Manifest.xml` },
      { name: "__MACOSX/pack/._Manifest.xml", content: "?" },
    ]);

    expect(await readAll(zip)).toEqual({ Items: "id\r\n1\r\n" });
  });

  test("the manifest at the top rather than one in a folder", async () => {
    const zip = packageWith({}, [{ name: "old/Manifest.xml", content: "?" }]);

    expect(await readAll(zip)).toEqual({ Items: "id\r\n1\r\n" });
  });

  test("one that holds a zip, as data", async () => {
    expect(Object.values(await readAll(packageWith({ content: craftZip([]) })))).toEqual([
      craftZip([]).toString(),
    ]);
  });

  test("one that ends with a comment", async () => {
    const zip = packageWith({}, [], { comment: Buffer.from("made by hand") });

    expect(await readAll(zip)).toEqual({ Items: "id\r\n1\r\n" });
  });
});

test("readPackage orders entities by unit, level and sequence, then as they stand", async () => {
  const place = (name: string, [unit, level, sequence]: readonly number[]) => ({
    ...ITEMS,
    EntityName: name,
    ExecutionUnit: `${unit}`,
    LevelInExecutionUnit: `${level}`,
    SequenceInLevel: `${sequence}`,
  });
  const manifest = manifestXml([
    place("e", [2, 1, 1]),
    place("c", [1, 2, 10]),
    place("b", [1, 2, 9]),
    place("a", [1, 1, 99]),
    place("d", [1, 2, 10]),
  ]);

  const { entities } = await open(craftZip([ITEMS_FILE, manifestEntry(manifest)]));

  expect(entities.map(({ name }) => name)).toEqual(["a", "b", "c", "d", "e"]);
});

test("readPackage leaves out entities that are disabled", async () => {
  const other = { EntityName: "Old", InputFilePath: "Old.csv", Disable: "true" };

  const { entities } = await open(
    craftZip([ITEMS_FILE, manifestEntry(manifestXml([{ Disable: "false", ...ITEMS }, other]))]),
  );

  expect(entities.map(({ name }) => name)).toEqual(["Items"]);
});

test("readPackage reads nothing of a file before it is asked for, and no more than is taken", async () => {
  const large = Buffer.alloc(20 * 2 ** 20, "0123456789\n");
  const bytes = packageWith({ content: large, method: 0 });
  const reads: number[] = [];
  const file = {
    bytes: bytes.length,
    read: async (from: number, to: number) => {
      reads.push(to - from);
      return bytes.subarray(from, to);
    },
  };

  const entity = await firstEntity(file);
  const before = reads.reduce((sum, length) => sum + length, 0);
  for await (const _chunk of entity.content()) {
    break;
  }
  const after = reads.reduce((sum, length) => sum + length, 0);

  expect(before).toBeLessThan(1_000_000);
  expect(after - before).toBeLessThan(5_000_000);
});

test("readPackage throws what reading the file throws", async () => {
  const failure = new Error("connection lost");

  await expect(readPackage({ bytes: 1_000, read: () => Promise.reject(failure) })).rejects.toBe(
    failure,
  );
});

test("a file of the package throws what reading the package throws", async () => {
  const failure = new Error("connection lost");
  const bytes = packageWith({ content: Buffer.alloc(300_000), method: 0 });
  let broken = false;
  const { read } = rangedFile(bytes);
  const file = {
    bytes: bytes.length,
    read: (from: number, to: number) => (broken ? Promise.reject(failure) : read(from, to)),
  };
  const entity = await firstEntity(file);
  broken = true;

  await expect(buffer(entity.content())).rejects.toBe(failure);
});

test("readPackage takes Zip64 sizes and ends", async () => {
  const plain = packageWith({
    listed: { bytes: 0xff_ff_ff_ff, packedBytes: 0xff_ff_ff_ff, extra: zip64Extra(7, 9) },
    local: { bytes: 0xff_ff_ff_ff, packedBytes: 0xff_ff_ff_ff, extra: zip64Extra(7, 9) },
    packed: deflateRawSync("id\r\n1\r\n"),
  });
  const listStart = plain.indexOf("PK\x01\x02");
  const listEnd = plain.length - 22;
  const list = { count: 2, listBytes: listEnd - listStart, listStart };
  const unknown = { count: 0xff_ff, listBytes: 0xff_ff_ff_ff, listStart: 0xff_ff_ff_ff };

  const zip = Buffer.concat([
    plain.subarray(0, listEnd),
    zip64End(list, listEnd),
    endRecord({ ...unknown, comment: Buffer.alloc(0), disk: 0 }),
  ]);

  expect(await readAll(zip)).toEqual({ Items: "id\r\n1\r\n" });
});

test("whatever bytes are changed, readPackage reads the same or refuses", async () => {
  const zip = packageWith();
  const change = fc.record({ at: fc.nat(zip.length - 1), byte: fc.nat(255) });

  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      const changed = Buffer.from(zip);
      for (const { at, byte } of changes) {
        changed[at] = byte;
      }
      try {
        expect(
          Object.values(await readAll(changed)).filter((text) => text !== "id\r\n1\r\n"),
        ).toEqual([]);
      } catch (error) {
        expect(error).toMatchObject({ code: "file-unreadable" });
      }
    }),
    { numRuns: 500 },
  );
});

test("readPackage finds files beyond 4 GiB, and reads no more than these", async () => {
  const hole = { repeat: Buffer.alloc(2 ** 20), times: 5_000 };
  const zip = packageWith();
  const listStart = zip.indexOf("PK\x01\x02");
  const entries = zip.subarray(0, listStart);
  const offsets = [0, entries.lastIndexOf("PK\x03\x04")];
  const listed = [ITEMS_FILE, manifestEntry()].map((entry, index) => {
    const { header } = headerOf(entry);
    const extra = zip64Extra(lengthOf(hole) + (offsets[index] as number));
    return listedHeader({ ...header, extra }, { offset: 0xff_ff_ff_ff });
  });
  const list = Buffer.concat(listed);
  const end = { count: 2, listBytes: list.length, listStart: lengthOf(hole) + listStart };
  const unknown = { count: 0xff_ff, listBytes: 0xff_ff_ff_ff, listStart: 0xff_ff_ff_ff };
  let bytesRead = 0;
  const file = virtualFile([
    hole,
    entries,
    list,
    zip64End(end, end.listStart + list.length),
    endRecord({ ...unknown, comment: Buffer.alloc(0), disk: 0 }),
  ]);

  const entity = await firstEntity({
    bytes: file.bytes,
    read: (from, to) => {
      bytesRead += to - from;
      return file.read(from, to);
    },
  });

  expect(file.bytes).toBeGreaterThan(5_000_000_000);
  expect((await buffer(entity.content())).toString()).toBe("id\r\n1\r\n");
  expect(bytesRead).toBeLessThan(1_000_000);
});
