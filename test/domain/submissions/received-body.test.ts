import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import { receivedBody } from "../../../src/domain/submissions/received-body.ts";

const ZIP = Buffer.from("504b0304140000000800", "hex");
const EMPTY_ZIP = Buffer.from(`504b0506${"00".repeat(18)}`, "hex");

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) {
    yield new Uint8Array(bytes.subarray(from, from + size));
  }
}

test.each([
  ["file", Buffer.from("id,name\r\n1,x\r\n")],
  ["file", Buffer.from("P")],
  ["file", Buffer.from("PK")],
  ["file", Buffer.from([0x1f, 0x8b, 8, 0])],
  ["package", ZIP],
  ["package", EMPTY_ZIP],
] as const)("takes, counts and hashes a %s, wherever its chunks end", async (content, bytes) => {
  for (const size of [1, 2, 3, 5, 1_000]) {
    const body = receivedBody(inPieces(bytes, size), { content, maxBytes: bytes.length });

    expect(await buffer(body.content)).toEqual(bytes);
    expect(body.result()).toEqual({
      bytes: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    });
  }
});

test.each([
  ["file", ZIP, "content-wrong"],
  ["file", EMPTY_ZIP, "content-wrong"],
  ["package", Buffer.from("id,name"), "content-wrong"],
  ["package", Buffer.from("PK"), "content-wrong"],
  ["file", Buffer.alloc(0), "file-empty"],
  ["package", Buffer.alloc(0), "file-empty"],
  ["file", Buffer.alloc(101), "file-too-large"],
] as const)("refuses as a %s %j: %s", async (content, bytes, code) => {
  for (const size of [1, 3, 1_000]) {
    const body = receivedBody(inPieces(bytes, size), { content, maxBytes: 100 });

    await expect(buffer(body.content)).rejects.toMatchObject({ code });
  }
});

test("gives nothing on before it knows what the file is, and asks for no more than it gives on", async () => {
  const asked: number[] = [];
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (let index = 0; ; index++) {
      asked.push(index);
      yield Buffer.from("ab");
    }
  }
  const content = receivedBody(endless(), { content: "file", maxBytes: 1_000 }).content;
  const chunks = content[Symbol.asyncIterator]();

  expect((await chunks.next()).value).toEqual(Buffer.from("abab"));
  expect((await chunks.next()).value).toEqual(Buffer.from("ab"));

  expect(asked).toEqual([0, 1, 2]);
});
