import { randomUUID } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { BlobServiceClient } from "@azure/storage-blob";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "../../infra/local/azurite.ts";
import type { FilePath } from "../../src/domain/files.ts";
import type { Files } from "../../src/domain/ports.ts";
import { blobFiles } from "../../src/stores/blob-files.ts";

let azurite: Azurite;
let files: Files;

beforeAll(async () => {
  azurite = await startAzurite();
  files = blobFiles(BlobServiceClient.fromConnectionString(azurite.connectionString));
});

afterAll(async () => {
  await azurite.stop();
});

function aPath(): FilePath {
  return { container: "signed", name: `${randomUUID()}/${randomUUID()}` };
}

function inAnHour(): Date {
  return new Date(Date.now() + 3_600_000);
}

async function* content(text: string, encoding?: "latin1"): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text, encoding);
}

const PUT = { method: "PUT", headers: { "x-ms-blob-type": "BlockBlob" }, body: "hello" };

test("readUrl lets anybody read this one file, as a download of the given name, and nothing else", async () => {
  const [path, other] = [aPath(), aPath()];
  await files.write(path, content("hello"), "text/csv");
  await files.write(other, content("secret"), "text/csv");
  const options = { fileName: "errors.csv", contentType: "application/x-test" };

  const url = await files.readUrl(path, { ...options, expiresAt: inAnHour() });

  const answer = await fetch(url);
  expect([answer.status, await answer.text()]).toEqual([200, "hello"]);
  expect(answer.headers.get("content-disposition")).toBe('attachment; filename="errors.csv"');
  expect(answer.headers.get("content-type")).toBe("application/x-test");
  expect((await fetch(url, PUT)).status).toBe(403);
  expect((await fetch(url, { method: "DELETE" })).status).toBe(403);
  expect((await fetch(url.replace(path.name, other.name))).status).toBe(403);
  const expired = await files.readUrl(path, {
    ...options,
    expiresAt: new Date(Date.now() - 1_000),
  });
  expect((await fetch(expired)).status).toBe(403);
});

test("readUrl lets clients undo the compression, where it is asked to", async () => {
  const path = aPath();
  await files.write(path, content(gzipSync("hello").toString("latin1"), "latin1"), "text/csv");
  const options = { fileName: "f.csv", contentType: "text/csv", expiresAt: inAnHour() };

  const plain = await fetch(await files.readUrl(path, { ...options, contentEncoding: "gzip" }));
  const raw = await fetch(await files.readUrl(path, options));

  expect(await plain.text()).toBe("hello");
  expect(gunzipSync(Buffer.from(await raw.arrayBuffer())).toString()).toBe("hello");
});

test("a link survives a step that decodes and encodes it again, whatever its signature holds", async () => {
  const path = aPath();
  await files.write(path, content("hello"), "text/csv");
  const start = Date.now() + 3_600_000;
  const urls = await Promise.all(
    Array.from({ length: 1_000 }, (_, index) =>
      files.readUrl(path, {
        fileName: "f.csv",
        contentType: "text/csv",
        expiresAt: new Date(start + index * 1_000),
      }),
    ),
  );
  const signatures = urls.map((url) => /[?&]sig=([^&]*)/.exec(url)?.[1] ?? "");

  expect(
    signatures.filter((signature) => !/^(?:[\dA-Za-z]|%[\dA-F]{2})+$/.test(signature)),
  ).toEqual([]);
  expect(signatures.filter((signature) => signature.includes("%2B")).length).toBeGreaterThan(100);
  // each has gone through a URL parser, and through a form decoder and encoder
  const forms = urls.flatMap((url) => [new URL(url).href, formed(url)]);
  const statuses = await inTurns(forms, async (url) => (await fetch(url)).status);
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
});

/** The URL, its query decoded and encoded as a form. */
function formed(url: string): string {
  const { origin, pathname, searchParams } = new URL(url);
  return `${origin}${pathname}?${new URLSearchParams([...searchParams])}`;
}

/** A few at a time. */
async function inTurns<Item, Answer>(
  items: readonly Item[],
  work: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let at = 0; at < items.length; at += 20) {
    answers.push(...(await Promise.all(items.slice(at, at + 20).map(work))));
  }
  return answers;
}

test("writeUrl lets anybody write this one file, whole or in blocks, and read nothing", async () => {
  const path = aPath();

  const url = await files.writeUrl(path, inAnHour());

  expect((await fetch(url)).status).toBe(403);
  expect((await fetch(url, PUT)).status).toBe(201);
  const block = `&comp=block&blockid=${encodeURIComponent(Buffer.from("0001").toString("base64"))}`;
  expect((await fetch(url + block, { method: "PUT", body: "in blocks" })).status).toBe(201);
  const list = `<?xml version="1.0" encoding="utf-8"?><BlockList><Latest>${Buffer.from("0001").toString("base64")}</Latest></BlockList>`;
  expect((await fetch(`${url}&comp=blocklist`, { method: "PUT", body: list })).status).toBe(201);
  expect((await fetch(url, { method: "DELETE" })).status).toBe(403);
  expect((await fetch(url.replace(path.name, aPath().name), PUT)).status).toBe(403);
  expect((await files.read(path))?.bytes).toBe("in blocks".length);
});
