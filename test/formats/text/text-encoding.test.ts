import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { textEncoder } from "../../../src/formats/text/encode-text.ts";
import { decodeText } from "../../../src/formats/text/text-encoding.ts";
import type { TextEncoding } from "../../../src/formats/text/text-options.ts";
import { UnreadableFileError } from "../../../src/formats/unreadable-file-error.ts";
import { chunked } from "../read-file.ts";
import { collected } from "../write-file.ts";

async function decoded(
  bytes: Uint8Array,
  encoding: TextEncoding = "auto",
  lengths: readonly number[] = [bytes.length],
): Promise<string> {
  return (await collected(decodeText(chunked(bytes, lengths), encoding))).join("");
}

const utf16le = (text: string): Buffer => Buffer.from(text, "utf16le");
const utf16be = (text: string): Buffer => utf16le(text).swap16();
const TEXT = 'id,"Größe" 日本 👩‍👩‍👧\r\n';

describe("decodeText", () => {
  test.each<[what: string, bytes: Buffer]>([
    ["UTF-8", Buffer.from(TEXT)],
    ["UTF-8 with a mark", Buffer.from(`\uFEFF${TEXT}`)],
    ["UTF-16LE with a mark", utf16le(`\uFEFF${TEXT}`)],
    ["UTF-16BE with a mark", utf16be(`\uFEFF${TEXT}`)],
    ["UTF-16LE without a mark", utf16le(TEXT)],
    ["UTF-16BE without a mark", utf16be(TEXT)],
  ])("finds out %s, in chunks of any length", async (_, bytes) => {
    for (const lengths of [[bytes.length], [1], [2, 3], [5, 1, 7]]) {
      expect(await decoded(bytes, "auto", lengths)).toBe(TEXT);
    }
  });

  test.each<[encoding: TextEncoding, bytes: Buffer]>([
    ["utf-8", Buffer.from(TEXT)],
    ["utf-16le", utf16le(TEXT)],
    ["utf-16le", utf16le(`\uFEFF${TEXT}`)],
    ["utf-16be", utf16be(TEXT)],
  ])("takes %s when told so", async (encoding, bytes) => {
    expect(await decoded(bytes, encoding)).toBe(TEXT);
  });

  test("takes windows-1252 when told so, each byte of it", async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

    const text = await decoded(bytes, "windows-1252", [7]);

    expect(text).toHaveLength(256);
    expect(text.slice(0x80, 0x90)).toBe("€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008DŽ\u008F");
    expect(text.slice(0xe4, 0xe7)).toBe("äåæ");
  });

  test.each(["", "\uFEFF"])("gives no text of the file %j", async (text) => {
    expect(await decoded(Buffer.from(text))).toBe("");
  });

  test("keeps a byte order mark that stands later", async () => {
    expect(await decoded(Buffer.from("\uFEFF\uFEFFa\uFEFF"))).toBe("\uFEFFa\uFEFF");
  });
});

type Refusal = readonly [what: string, file: readonly [Buffer, TextEncoding], because: string];

const REFUSALS: readonly Refusal[] = [
  [
    "a broken UTF-8 character",
    [Buffer.from([0x61, 0xc3, 0x28]), "auto"],
    "it is not UTF-8 (if it is in another charset, name that in the request's Content-Type or as the import's encoding) at byte 1",
  ],
  ["windows-1252 taken for UTF-8", [Buffer.from("Gr\xF6\xDFe", "latin1"), "auto"], "at byte 2"],
  ["half a UTF-8 character at the end", [Buffer.from("aé").subarray(0, 2), "auto"], "at byte 1"],
  ["a surrogate in UTF-8", [Buffer.from([0x61, 0xed, 0xa0, 0x80]), "auto"], "at byte 1"],
  ["an overlong character", [Buffer.from([0xc0, 0xaf]), "utf-8"], "at byte 0"],
  [
    "half a UTF-16 character at the end",
    [Buffer.concat([utf16le("\uFEFFab"), Buffer.from("c")]), "auto"],
    "it is not utf-16le: it ends with half a character at byte 6",
  ],
  [
    "half a surrogate pair",
    [utf16le("\uFEFFa\uD83Db"), "auto"],
    "it is not utf-16le: half a character stands at byte 4",
  ],
  [
    "half a surrogate pair at the end",
    [utf16be("\uFEFFa\uD83D"), "auto"],
    "it is not utf-16be: half a character stands at byte 4",
  ],
  [
    "UTF-32",
    [Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]), "auto"],
    "it is UTF-32 by its byte order mark, which cannot be read",
  ],
  [
    "a mark of another encoding",
    [Buffer.from("\uFEFFa"), "windows-1252"],
    "it is utf-8 by its byte order mark, but the request or the import says windows-1252",
  ],
  [
    "a mark of the other byte order",
    [utf16be("\uFEFFa"), "utf-16le"],
    "it is utf-16be by its byte order mark, but the request or the import says utf-16le",
  ],
];

test.each(REFUSALS)("decodeText refuses %s", async (_, [bytes, encoding], because) => {
  for (const length of [bytes.length, 1]) {
    const refusal = decoded(bytes, encoding, [length]);

    await expect(refusal).rejects.toThrow(UnreadableFileError);
    await expect(refusal).rejects.toThrow(because);
  }
});

test("decodeText hands out the text before what is not text", async () => {
  const bytes = Buffer.concat([Buffer.alloc(100_000, "é"), Buffer.from([0xff])]);
  let text = "";

  const reading = (async () => {
    for await (const piece of decodeText(chunked(bytes, [70_001]), "auto")) {
      text += piece;
    }
  })();

  await expect(reading).rejects.toThrow("at byte 100000");
  expect(text).toBe("é".repeat(50_000));
});

test("decodeText cuts long chunks", async () => {
  const pieces = await collected(
    decodeText(chunked(Buffer.alloc(1_000_000, "x"), [1_000_000]), "auto"),
  );

  expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(65_536);
});

const textOf: Readonly<Record<TextEncoding, fc.Arbitrary<string>>> = {
  auto: fc.string({ unit: "grapheme" }).map((text) => `a${text}`),
  "utf-8": fc.string({ unit: "grapheme" }),
  "utf-16le": fc.string({ unit: "grapheme" }),
  "utf-16be": fc.string({ unit: "grapheme" }),
  "windows-1252": fc.string({ unit: fc.constantFrom(..."aä€ž\u0081\n") }),
};

test.each(Object.keys(textOf) as TextEncoding[])(
  "textEncoder writes what decodeText reads as %s",
  async (encoding) => {
    const lengths = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(textOf[encoding], lengths, async (text, chunks) => {
        const withoutMark = text.replace(/^\uFEFF+/, "");
        const bytes = textEncoder(encoding)(withoutMark);

        expect(await decoded(bytes, encoding, chunks)).toBe(withoutMark);
      }),
    );
  },
);

test("textEncoder writes a question mark for what windows-1252 cannot hold", () => {
  expect(textEncoder("windows-1252")("a日😀b").toString("latin1")).toBe("a??b");
});
