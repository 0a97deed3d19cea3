import { once } from "node:events";
import { buffer } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { fromBuffer, type ZipFile } from "yauzl";
import { type ZipEntry, zip } from "../../src/formats/zip.ts";
import { collected } from "./write-file.ts";

const MODIFIED_AT = new Date("2024-02-29T12:34:56Z");

function entryOf(name: string, ...chunks: string[]): ZipEntry {
  return {
    name,
    content: async function* content() {
      for (const chunk of chunks) {
        yield Buffer.from(chunk);
      }
    },
  };
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

test("zip writes entries in order, with their names, contents and the given time", async () => {
  const entries = [
    entryOf("Größe.csv", "a,", "b"),
    entryOf("empty.csv"),
    entryOf("long", "x".repeat(1_000_000)),
  ];

  const contents = await contentsOf(Buffer.concat(await collected(zip(entries, MODIFIED_AT))));

  const time = MODIFIED_AT.toISOString();
  expect(contents).toEqual([
    ["Größe.csv", "a,b", time],
    ["empty.csv", "", time],
    ["long", "x".repeat(1_000_000), time],
  ]);
});

test("zip gives the same bytes for the same input", async () => {
  const once_ = await collected(zip([entryOf("a", "x")], MODIFIED_AT));
  const again = await collected(zip([entryOf("a", "x")], MODIFIED_AT));

  expect(Buffer.concat(once_).equals(Buffer.concat(again))).toBe(true);
});

test("zip opens an entry only when those before it were read to the end", async () => {
  const events: string[] = [];
  const watched = (name: string): ZipEntry => ({
    name,
    content: async function* content() {
      events.push(`open ${name}`);
      yield Buffer.from(name);
      events.push(`end ${name}`);
    },
  });

  await collected(zip([watched("a"), watched("b")], MODIFIED_AT));

  expect(events).toEqual(["open a", "end a", "open b", "end b"]);
});

describe("zip of an endless entry", () => {
  const CHUNK_BYTES = 65_536;

  test("reads ahead only a little, and ends the entry when the reader stops", async () => {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    let chunks = 0;
    const endless: ZipEntry = {
      name: "endless",
      content: async function* content() {
        try {
          for (;;) {
            chunks += 1;
            yield Buffer.from(crypto.getRandomValues(new Uint8Array(CHUNK_BYTES)));
          }
        } finally {
          resolve();
        }
      },
    };
    let taken = 0;

    for await (const chunk of zip([endless], MODIFIED_AT)) {
      taken += chunk.length;
      if (taken > 50 * CHUNK_BYTES) {
        break;
      }
    }
    await ended;

    expect(chunks).toBeLessThan(70);
  });
});

test("zip throws what an entry throws, also when it is not the first", async () => {
  const broken: ZipEntry = {
    name: "broken",
    content: async function* content() {
      yield Buffer.from("x");
      throw new Error("connection lost");
    },
  };

  await expect(collected(zip([entryOf("a", "x"), broken], MODIFIED_AT))).rejects.toThrow(
    "connection lost",
  );
});

test.each(["/absolute", "../climbs", "a/../../b"])("zip refuses the name %s", async (name) => {
  await expect(collected(zip([entryOf(name, "x")], MODIFIED_AT))).rejects.toThrow();
});
