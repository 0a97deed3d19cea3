import { once } from "node:events";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { fromBuffer, openPromise, type ZipFile } from "yauzl";
import { type ZipProgress, type ZipWriter, zipWriter } from "../../src/formats/zip.ts";
import { readByPython, runProgram } from "./foreign-readers.ts";
import { collected } from "./write-file.ts";

const MODIFIED_AT = new Date("2024-02-29T12:34:56Z");

async function* chunksOf(...chunks: readonly string[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) {
    yield Buffer.from(chunk);
  }
}

type Given = readonly (readonly [name: string, ...parts: string[]])[];

/** @param between makes a writer between two parts of a file, and between two files */
async function zipOf(
  files: Given,
  between: (writer: ZipWriter) => ZipWriter = (writer) => writer,
): Promise<Buffer> {
  let writer = zipWriter(MODIFIED_AT, null);
  const bytes: Buffer[] = [];
  for (const [name, ...parts] of files) {
    bytes.push(writer.begin(name));
    for (const part of parts) {
      bytes.push(...(await collected(writer.pack(chunksOf(part)))));
      writer = between(writer);
    }
    bytes.push(writer.endFile());
    writer = between(writer);
  }
  return Buffer.concat([...bytes, writer.end()]);
}

/** Reads an archive by another library: names, texts and times. */
async function contentsOf(archive: Buffer): Promise<[name: string, text: string, time: string][]> {
  const file = await new Promise<ZipFile>((resolve, reject) => {
    fromBuffer(archive, { lazyEntries: true }, (error, opened) =>
      error ? reject(error) : resolve(opened),
    );
  });
  const contents: [string, string, string][] = [];
  file.on("entry", (entry) => {
    file.openReadStream(entry, async (error, stream) => {
      const text = error ? String(error) : (await buffer(stream)).toString();
      contents.push([entry.fileName, text, entry.getLastModDate().toISOString()]);
      file.readEntry();
    });
  });
  file.readEntry();
  await once(file, "end");
  return contents;
}

const FILES: Given = [
  ["Größe.csv", "a,", "b"],
  ["empty.csv"],
  ["long", "x".repeat(1_000_000), "", "y".repeat(70_000)],
];
const CONTENTS = FILES.map(([name, ...parts]) => [name, parts.join(""), MODIFIED_AT.toISOString()]);

test("zip writes files in order, with their names, contents and the given time", async () => {
  expect(await contentsOf(await zipOf(FILES))).toEqual(CONTENTS);
});

test("zip gives the same bytes when each part is written by another process, at another time", async () => {
  const inAnother = (writer: ZipWriter): ZipWriter => {
    const progress = JSON.parse(JSON.stringify(writer.progress())) as ZipProgress;
    return zipWriter(new Date("2030-01-01"), progress);
  };

  const archive = await zipOf(FILES, inAnother);

  expect(archive.equals(await zipOf(FILES))).toBe(true);
  expect(await contentsOf(archive)).toEqual(CONTENTS);
});

test("Python and unzip find no fault in an archive whose files were written in parts", async () => {
  const archive = await zipOf(FILES);
  const folder = await mkdtemp(join(tmpdir(), "waybill-zip-"));
  const path = join(folder, "parts.zip");
  const file = await open(path, "w");
  await file.write(archive);
  await file.close();

  const script = `
import io, zipfile
archive = zipfile.ZipFile(io.BytesIO(data))
assert archive.testzip() is None
result = [[entry.filename, len(archive.read(entry)), list(entry.date_time), oct(entry.external_attr >> 16)] for entry in archive.infolist()]`;
  expect(readByPython(script, archive)).toEqual(
    CONTENTS.map(([name, text]) => [name, text?.length, [2024, 2, 29, 12, 34, 56], "0o100644"]),
  );
  expect(runProgram("unzip", ["-t", path])).toContain("No errors detected");
  await rm(folder, { recursive: true });
});

const GIB = 2 ** 30;

test("zip needs Zip64 beyond four GiB and 65,535 files, and other programs read it", async () => {
  const large = { name: "large", at: 0, crc: 0, packed: 5 * GIB, size: 6 * GIB };
  const small = { name: "small", crc: 0, packed: 2, size: 0 };
  const many = Array.from({ length: 70_000 }, (_, index) => ({
    ...small,
    ...{ name: `small ${index}`, at: 5 * GIB + 100 + index },
  }));
  const bytes = 6 * GIB;
  const writer = zipWriter(MODIFIED_AT, {
    ...{ bytes, entries: [large, ...many], isOpen: false },
    modified: MODIFIED_AT.getTime() / 1_000,
  });
  const folder = await mkdtemp(join(tmpdir(), "waybill-zip64-"));
  const path = join(folder, "large.zip");
  const file = await open(path, "w");
  const end = writer.end();
  await file.write(end, 0, end.length, bytes);
  await file.close();

  const script = `
import zipfile
entries = zipfile.ZipFile(data.decode()).infolist()
result = [len(entries), entries[0].file_size, entries[0].compress_size, entries[-1].header_offset]`;
  const read = [70_001, large.size, large.packed, many.at(-1)?.at];
  expect(readByPython(script, Buffer.from(path))).toEqual(read);
  const opened = await openPromise(path, { lazyEntries: true });
  expect(opened.entryCount).toBe(70_001);
  const first = await opened.eachEntry().next();
  expect(first.value).toMatchObject({ uncompressedSize: 6 * GIB, compressedSize: 5 * GIB });
  opened.close();
  await rm(folder, { recursive: true });
});

test("a file beyond four GiB ends with sizes of eight bytes", () => {
  const entry = { name: "large", at: 0, crc: 7, packed: 1, size: 5 * GIB };
  const progress = { bytes: GIB, entries: [entry], isOpen: true, modified: 0 };

  const end = zipWriter(MODIFIED_AT, progress).endFile();

  expect(end.subarray(2, 10).toString("hex")).toBe("504b070807000000");
  expect([end.readBigUInt64LE(10), end.readBigUInt64LE(18)]).toEqual([3n, BigInt(5 * GIB)]);
});

describe("zip of an endless file", () => {
  const CHUNK_BYTES = 65_536;

  test("reads ahead only a little, and ends the content when the reader stops", async () => {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    let chunks = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      try {
        for (;;) {
          chunks += 1;
          yield Buffer.from(crypto.getRandomValues(new Uint8Array(CHUNK_BYTES)));
        }
      } finally {
        resolve();
      }
    }
    const writer = zipWriter(MODIFIED_AT, null);
    writer.begin("endless");
    let taken = 0;

    for await (const chunk of writer.pack(endless())) {
      taken += chunk.length;
      if (taken > 50 * CHUNK_BYTES) {
        break;
      }
    }
    await ended;

    expect(chunks).toBeLessThan(70);
  });
});

test("zip throws what a content throws", async () => {
  const writer = zipWriter(MODIFIED_AT, null);
  writer.begin("broken");
  async function* broken(): AsyncGenerator<Buffer> {
    yield Buffer.from("x");
    throw new Error("connection lost");
  }

  await expect(collected(writer.pack(broken()))).rejects.toThrow("connection lost");
});

test("zip writes into open files only", async () => {
  const writer = zipWriter(MODIFIED_AT, null);

  expect(() => writer.endFile()).toThrow("no file is open");
  await expect(collected(writer.pack(chunksOf("x")))).rejects.toThrow("no file is open");
});

test.each(["/absolute", "../climbs", "a/../../b", "c:\\x", "a\\b"])(
  "zip refuses the name %s",
  (name) => {
    expect(() => zipWriter(MODIFIED_AT, null).begin(name)).toThrow("beneath");
  },
);
