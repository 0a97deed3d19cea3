import { text } from "node:stream/consumers";
import { HttpRequest } from "@azure/functions";
import { expect, test } from "vitest";
import { z } from "zod";
import { type BodyKind, FILE, jsonBody, lenientJson } from "../../../src/functions/http/body.ts";

const Schema = z.object({ a: z.string().nullish() });
const JSON_BODY = jsonBody(Schema, {});
const LENIENT = lenientJson(Schema, { isRequired: false });

function post(bytes?: Uint8Array, headers: Record<string, string> = {}): HttpRequest {
  const body = bytes === undefined ? {} : { body: { bytes } };
  return new HttpRequest({ method: "POST", url: "http://host/", headers, ...body });
}

function read<Value>(kind: BodyKind<Value>, request: HttpRequest): Promise<Value> {
  return kind.read(request, "some-invocation");
}

const KINDS = [
  ["JSON", JSON_BODY],
  ["lenient JSON", LENIENT],
] as const;

const TEXTS: readonly (readonly [string, Buffer])[] = [
  ["UTF-8", Buffer.from('{"a":"ä"}')],
  ["UTF-8 with a byte order mark", Buffer.from('\uFEFF{"a":"ä"}')],
  ["UTF-16LE with a byte order mark", Buffer.from('\uFEFF{"a":"ä"}', "utf16le")],
  ["UTF-16BE with a byte order mark", Buffer.from('\uFEFF{"a":"ä"}', "utf16le").swap16()],
];

test.each(KINDS)(
  "%s is read in what its byte order mark says, whatever its headers say",
  async (_, kind) => {
    for (const [name, bytes] of TEXTS) {
      for (const headers of [{}, { "content-type": "text/plain" }, { "content-length": "1" }]) {
        expect([name, await read(kind, post(bytes, headers))]).toEqual([name, { a: "ä" }]);
      }
    }
  },
);

test.each(KINDS)("no body of %s is an empty object, where it may be left out", async (_, kind) => {
  expect(await read(kind, post())).toEqual({});
  expect(await read(kind, post(Buffer.from(" \n")))).toEqual({});
});

test.each(KINDS)("%s has 1 MiB and no more", async (_, kind) => {
  const body = Buffer.from(`{"a":"${"x".repeat(1_048_576 - 8)}"}`);

  expect((await read(kind, post(body))).a).toHaveLength(1_048_568);
  await expect(read(kind, post(Buffer.concat([body, Buffer.from(" ")])))).rejects.toMatchObject({
    code: "file-too-large",
  });
});

test.each(KINDS)("%s that is none, or not as its schema says, is refused", async (_, kind) => {
  for (const broken of ["{", "[]", "<x/>", '{"a":1}']) {
    await expect(read(kind, post(Buffer.from(broken)))).rejects.toMatchObject({
      code: "request-invalid",
    });
  }
});

test("lenient JSON has names in any case, with an underscore before them where that is known", async () => {
  const underscored = lenientJson(Schema, { isRequired: false, isUnderscored: true });
  const body = () => post(Buffer.from('{"_A":"x"}'));

  expect(await read(LENIENT, post(Buffer.from('{"A":"x"}')))).toEqual({ a: "x" });
  expect(await read(underscored, body())).toEqual({ a: "x" });
  expect(await read(LENIENT, body())).toEqual({});
});

test("a file is read by nobody but the handler, and says what it announces", async () => {
  const { bytes, isChunked, content } = await read(
    FILE,
    post(Buffer.from("abc"), { "content-length": "3", "transfer-encoding": "chunked" }),
  );

  expect([bytes, isChunked]).toEqual([3, true]);
  expect(await text(content)).toBe("abc");
});
