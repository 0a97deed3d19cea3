import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import { BodyTooLargeError, spoolBody } from "../../src/http/spooled-body.ts";

const files = () => readdirSync(tmpdir()).filter((name) => name.startsWith("functions-host-body-"));

test("a small body stays in memory", async () => {
  const before = files();
  const body = await spoolBody(Readable.from([Buffer.from("ab"), Buffer.from("c")]), 10);

  expect(body.sizeBytes).toBe(3);
  expect((await body.bytes()).toString()).toBe("abc");
  expect((await buffer(body.open())).toString()).toBe("abc");
  expect(files()).toEqual(before);
});

test("a large body goes to a file until it is disposed of", async () => {
  const before = files();
  const chunks = Array.from({ length: 40 }, (_, index) => Buffer.alloc(64 * 1024, index));
  const body = await spoolBody(Readable.from(chunks), 1e9);
  const created = files().filter((name) => !before.includes(name));

  expect(created).toHaveLength(1);
  expect(await body.bytes()).toEqual(Buffer.concat(chunks));
  expect(await buffer(body.open())).toEqual(Buffer.concat(chunks));

  await body.dispose();
  expect(files()).not.toContain(created[0]);
});

test("a body over the limit is refused, unread and without leaving a file", async () => {
  const before = files();
  const source = Readable.from(Array.from({ length: 40 }, () => Buffer.alloc(64 * 1024)));

  await expect(spoolBody(source, 2 ** 21)).rejects.toThrow(BodyTooLargeError);
  expect(source.destroyed).toBe(false);
  expect(files()).toEqual(before);
});

test("a source that fails leaves no file", async () => {
  const before = files();
  async function* broken() {
    yield Buffer.alloc(2 ** 21);
    await Promise.reject(new Error("connection lost"));
  }

  await expect(spoolBody(Readable.from(broken()), 1e9)).rejects.toThrow("connection lost");
  expect(files()).toEqual(before);
});
