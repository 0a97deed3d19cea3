import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import {
  type Decompression,
  decompress,
  isGzip,
  type UnpackLimits,
} from "../../src/formats/decompression.ts";
import { UnreadableFileError } from "../../src/formats/unreadable-file-error.ts";
import { chunked } from "./read-file.ts";
import { collected } from "./write-file.ts";

const MIB = 2 ** 20;
const plain = Buffer.from("id,name\r\n1,Größe\r\n".repeat(10_000));
const packed = gzipSync(plain);

async function unpacked(
  bytes: Buffer,
  {
    compression = "auto",
    length = bytes.length,
    limits,
  }: {
    readonly compression?: Decompression;
    readonly length?: number;
    readonly limits?: UnpackLimits;
  } = {},
): Promise<Buffer> {
  return Buffer.concat(await collected(decompress(chunked(bytes, [length]), compression, limits)));
}

describe("decompress", () => {
  test.each([packed.length, 1, 2, 1_000])("unpacks gzip in chunks of %d", async (length) => {
    expect((await unpacked(packed, { length })).equals(plain)).toBe(true);
  });

  test("unpacks gzip of several members, as they come from appending", async () => {
    const both = Buffer.concat([packed, gzipSync("and more")]);

    expect((await unpacked(both)).toString().endsWith("\r\nand more")).toBe(true);
  });

  test.each(["auto", "none"] as const)(
    "hands on what is not packed with %s",
    async (compression) => {
      expect((await unpacked(plain, { compression, length: 1 })).equals(plain)).toBe(true);
    },
  );

  test.each([0, 1, 2])("hands on a file of %d bytes", async (length) => {
    expect(await unpacked(packed.subarray(0, length))).toHaveLength(length);
  });

  test("hands on gzip as it is when told so", async () => {
    expect((await unpacked(packed, { compression: "none" })).equals(packed)).toBe(true);
  });
});

const REFUSALS: readonly (readonly [what: string, bytes: Buffer, because: RegExp])[] = [
  ["no gzip", plain, /its gzip data is damaged or cut off after 0 unpacked bytes/],
  ["nothing", Buffer.alloc(0), /its gzip data is damaged or cut off after 0 unpacked bytes/],
  [
    "gzip that is cut off",
    packed.subarray(0, -9),
    /damaged or cut off after [0-9]+ unpacked bytes \(unexpected end of file\)/,
  ],
  [
    "gzip of a wrong checksum",
    changed(packed.length - 8),
    /damaged or cut off .*incorrect data check/,
  ],
  [
    "gzip with text behind it",
    Buffer.concat([packed, Buffer.from("more")]),
    /damaged or cut off|more bytes stand behind/,
  ],
  [
    "gzip with zeros behind it",
    Buffer.concat([packed, Buffer.alloc(512)]),
    /more bytes follow the end of its gzip data/,
  ],
];

test.each(REFUSALS)("decompress refuses %s", async (_, bytes, because) => {
  for (const length of [Math.max(bytes.length, 1), 7]) {
    const refusal = unpacked(bytes, { compression: "gzip", length });

    await expect(refusal).rejects.toThrow(UnreadableFileError);
    await expect(refusal).rejects.toThrow(because);
  }
});

describe("decompress", () => {
  test("refuses more bytes than the limit, after no more than a chunk above it", async () => {
    const zeros = gzipSync(Buffer.alloc(50 * MIB));
    let bytes = 0;

    const reading = (async () => {
      const limits = { maxBytes: MIB, maxRatio: 5_000 };
      for await (const chunk of decompress(chunked(zeros, [zeros.length]), "gzip", limits)) {
        bytes += chunk.length;
      }
    })();

    await expect(reading).rejects.toThrow("it unpacks to more than 1048576 bytes");
    expect(bytes).toBeLessThanOrEqual(MIB);
  });

  test("refuses what unpacks to more than 200 times its size", async () => {
    const unpackedLength = unpacked(gzipSync(Buffer.alloc(50 * MIB))).then(({ length }) => length);

    await expect(unpackedLength).rejects.toThrow(
      /it unpacks to more than 200 times its size: [0-9]+ bytes from [0-9]+/,
    );
  });

  test("takes a short file of equal rows", async () => {
    expect(await unpacked(gzipSync(Buffer.alloc(15 * MIB, "0,0\n")))).toHaveLength(15 * MIB);
  });

  test("throws what the source throws", async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield packed.subarray(0, 100);
      throw new Error("connection lost");
    }

    await expect(collected(decompress(broken(), "auto"))).rejects.toThrow("connection lost");
  });

  test.each<Decompression>(["auto", "gzip", "none"])(
    "ends the source when the reader stops, with %s",
    async (compression) => {
      const { promise: ended, resolve } = Promise.withResolvers<string>();
      async function* endless(): AsyncGenerator<Buffer> {
        try {
          for (;;) {
            yield packed;
          }
        } finally {
          resolve("ended");
        }
      }

      for await (const _chunk of decompress(endless(), compression)) {
        break;
      }

      expect(await ended).toBe("ended");
    },
  );
});

function changed(at: number): Buffer {
  const bytes = Buffer.from(packed);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
}

test.each<[bytes: number[], expected: boolean]>([
  [[0x1f, 0x8b, 8], true],
  [[0x1f, 0x8b, 8, 0], true],
  [[0x1f, 0x8b, 7], false],
  [[0x1f, 0x8b], false],
  [[], false],
])("isGzip of %j is %s", (bytes, expected) => {
  expect(isGzip(Uint8Array.from(bytes))).toBe(expected);
});
