import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { compress, compressionNames } from "../../src/formats/compression.ts";
import { collected } from "./write-file.ts";

async function* chunks(count: number, events: string[] = []): AsyncGenerator<Buffer> {
  try {
    for (let index = 0; index < count; index += 1) {
      yield Buffer.from(`${index}`.padEnd(65_536, `${index} `));
    }
  } finally {
    events.push("ended");
  }
}

test("compress makes gzip that reads back the same", async () => {
  const plain = Buffer.concat(await collected(chunks(5)));

  const file = Buffer.concat(await collected(compress(chunks(5), "gzip")));

  expect(gunzipSync(file).equals(plain)).toBe(true);
  expect(file.length).toBeLessThan(plain.length / 10);
});

test("compress gives the same bytes for the same input", async () => {
  const once = Buffer.concat(await collected(compress(chunks(2), "gzip")));
  const again = Buffer.concat(await collected(compress(chunks(2), "gzip")));

  expect(once.equals(again)).toBe(true);
});

test("compress makes a valid empty file of nothing", async () => {
  const file = Buffer.concat(await collected(compress(chunks(0), "gzip")));

  expect(gunzipSync(file)).toHaveLength(0);
});

test("compress hands chunks through when there is no compression", async () => {
  const input = chunks(1);

  expect(compress(input, "none")).toBe(input);
});

test("compress throws what the source throws", async () => {
  async function* broken(): AsyncGenerator<Buffer> {
    yield Buffer.from("x");
    throw new Error("connection lost");
  }

  await expect(collected(compress(broken(), "gzip"))).rejects.toThrow("connection lost");
});

test("compress ends the source when the reader stops", async () => {
  const events: string[] = [];
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  async function* endless(): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        yield Buffer.from(crypto.getRandomValues(new Uint8Array(65_536)));
      }
    } finally {
      events.push("ended");
      resolve();
    }
  }

  for await (const _chunk of compress(endless(), "gzip")) {
    break;
  }
  await ended;

  expect(events).toEqual(["ended"]);
});

test("compressionNames tells suffix and content encoding", () => {
  expect(compressionNames("gzip")).toEqual({ suffix: ".gz", contentEncoding: "gzip" });
  expect(compressionNames("none")).toEqual({ suffix: "", contentEncoding: null });
});
