import { createHash, randomBytes, randomUUID } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import type { FilePath } from "../../src/domain/files.ts";
import type { Files } from "../../src/domain/ports.ts";
import { blobFiles } from "../../src/stores/blob-files.ts";
import { useFaultyStorage } from "../support/faulty-storage.ts";
import { all } from "../support/stored-things.ts";

const storage = useFaultyStorage();

const MIB = 1024 * 1024;

function aPath(): FilePath {
  return { container: `c${randomUUID()}`, name: "Shop.Items/2026-03-01/a.jsonl.gz" };
}

/** A source of bytes that notes how much was read from it, and whether its reader has ended the read. */
function source(chunks: Iterable<Uint8Array>, failure?: Error) {
  const state = { taken: 0, isClosed: false };
  async function* content(): AsyncGenerator<Uint8Array> {
    try {
      for (const chunk of chunks) {
        state.taken += chunk.length;
        yield chunk;
      }
      if (failure !== undefined) {
        throw failure;
      }
    } finally {
      state.isClosed = true;
    }
  }
  return { state, content: content() };
}

function* slices(whole: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let from = 0, turn = 0; from < whole.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield whole.subarray(from, from + size);
    from += size;
  }
}

type Read = Awaited<ReturnType<Files["read"]>>;

function contentOf(file: Read): AsyncIterable<Uint8Array> {
  if (file === null) {
    throw new Error("there is no such file");
  }
  return file.content;
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

async function blobNames(path: FilePath): Promise<string[]> {
  const container = storage.blobService.getContainerClient(path.container);
  const blobs = await all(container.listBlobsFlat({ includeUncommitedBlobs: false }));
  return blobs.map(({ name }) => name);
}

test.each([
  ["nothing", 0, [1]],
  ["one byte", 1, [1]],
  ["odd slices", 100_003, [1, 7, 4_096, 65_537]],
  ["exactly one block", MIB, [65_536]],
  ["exactly eight blocks", 8 * MIB, [65_536]],
  ["blocks that grow", 70 * MIB, [262_144]],
  ["several blocks and a rest", 20 * MIB + 5, [1_000_003]],
])("a file of %s is read as it was written", async (_, bytes, sizes) => {
  const whole = randomBytes(bytes);
  const path = aPath();

  await storage.direct.files.write(path, source(slices(whole, sizes)).content, "text/csv");

  const file = await storage.direct.files.read(path);
  expect(file?.bytes).toBe(bytes);
  expect(sha256(await buffer(contentOf(file)))).toBe(sha256(whole));
});

test("a file is visible only when its last byte has arrived", async () => {
  const path = aPath();
  const seen: string[][] = [];
  async function* content(): AsyncGenerator<Uint8Array> {
    yield randomBytes(9 * MIB);
    yield randomBytes(9 * MIB);
    seen.push(await blobNames(path));
  }

  await storage.direct.files.write(path, content(), "text/csv");

  expect(seen).toEqual([[]]);
  expect(await blobNames(path)).toEqual([path.name]);
});

test("a source that fails midway leaves nothing visible, and its failure is the answer", async () => {
  const path = aPath();
  const failure = new Error("the database has gone");
  const { content, state } = source([randomBytes(9 * MIB), randomBytes(9 * MIB)], failure);

  await expect(storage.direct.files.write(path, content, "text/csv")).rejects.toBe(failure);

  expect(await storage.direct.files.read(path)).toBeNull();
  expect(await blobNames(path)).toEqual([]);
  expect(state.isClosed).toBe(true);
});

test("a storage that fails midway has the source closed before the answer", async () => {
  const path = aPath();
  const { content, state } = source(slices(randomBytes(64 * MIB), [MIB]));
  storage.blobs.inject({
    method: "PUT",
    path: /comp=block&/,
    times: 1_000,
    fault: { kind: "refuse", status: 403, code: "AuthorizationFailure" },
  });

  await expect(storage.faulty.files.write(path, content, "text/csv")).rejects.toMatchObject({
    statusCode: 403,
  });

  expect(state.isClosed).toBe(true);
  expect(await storage.direct.files.read(path)).toBeNull();
});

test("a name that another file has is refused, and that file stays", async () => {
  const path = aPath();
  await storage.direct.files.write(path, source([Buffer.from("first")]).content, "text/csv");

  await expect(
    storage.direct.files.write(path, source([Buffer.from("second")]).content, "text/csv"),
  ).rejects.toThrow(`Cannot store file "${path.name}": another file has that name`);

  const file = await storage.direct.files.read(path);
  expect(String(await buffer(contentOf(file)))).toBe("first");
});

test("a name that another file got during the upload is refused, and that file stays", async () => {
  const path = aPath();
  async function* content(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("mine");
    await storage.direct.files.write(path, source([Buffer.from("theirs")]).content, "text/csv");
  }

  await expect(storage.direct.files.write(path, content(), "text/csv")).rejects.toThrow(
    "another file has that name",
  );

  const file = await storage.direct.files.read(path);
  expect(String(await buffer(contentOf(file)))).toBe("theirs");
});

test.each([
  ["the container is being deleted", "ContainerBeingDeleted", /comp=block&/],
  ["the blob may not be changed", "BlobImmutableDueToPolicy", /comp=blocklist/],
])("another conflict is not success: %s", async (_, code, requests) => {
  const path = aPath();
  storage.blobs.inject({
    method: "PUT",
    path: requests,
    times: 1_000,
    fault: { kind: "refuse", status: 409, code },
  });

  await expect(
    storage.faulty.files.write(
      path,
      source([randomBytes(MIB), randomBytes(1)]).content,
      "text/csv",
    ),
  ).rejects.toMatchObject({ statusCode: 409, code });

  expect(await storage.direct.files.read(path)).toBeNull();
});

test("a container that was deleted since is made again by the attempt after the failed one", async () => {
  const path = aPath();
  const files = blobFiles(storage.blobService);
  const write = () => files.write(path, source([Buffer.from("x")]).content, "text/csv");
  await write();
  await storage.blobService.getContainerClient(path.container).delete();

  await expect(write()).rejects.toMatchObject({ statusCode: 404 });
  await write();

  expect(await blobNames(path)).toEqual([path.name]);
});

test("what storage does not take yet is not taken from the source", async () => {
  const path = aPath();
  const { content, state } = source(slices(Buffer.alloc(64 * MIB), [MIB / 4]));
  const released = Promise.withResolvers<void>();
  const { met } = storage.blobs.inject({
    method: "PUT",
    path: /comp=block&/,
    times: 1_000,
    fault: { kind: "hold", until: released.promise },
  });

  const writing = storage.faulty.files.write(path, content, "text/csv");
  await met;
  await untilStill(() => state.taken);

  // one block under way, and one that is full: many uploads at once have room in an instance
  expect(state.taken).toBeLessThan(4 * MIB);
  released.resolve();
  await writing;
  expect((await storage.direct.files.read(path))?.bytes).toBe(64 * MIB);
});

test.each([0, 1, 1_000_000, 4 * MIB - 1])(
  "a read that is cut after %i bytes goes on where it was, and again when it is cut again",
  async (afterBytes) => {
    const whole = randomBytes(12 * MIB + 1);
    const path = aPath();
    await storage.direct.files.write(path, source([whole]).content, "text/csv");
    storage.blobs.inject({
      method: "GET",
      times: 3,
      fault: { kind: "cut-response", afterBytes },
    });

    const file = await storage.faulty.files.read(path);
    const read = await buffer(contentOf(file));

    expect(file?.bytes).toBe(whole.length);
    expect(sha256(read)).toBe(sha256(whole));
    expect(storage.blobs.requests.filter(({ fault }) => fault === "cut-response")).not.toEqual([]);
  },
);

test("a file that is replaced while it is read is not mixed with the new one", async () => {
  const path = aPath();
  await storage.direct.files.write(path, source([Buffer.alloc(24 * MIB, "a")]).content, "text/csv");
  const file = await storage.direct.files.read(path);
  const chunks = contentOf(file)[Symbol.asyncIterator]();
  await chunks.next();
  const blob = storage.blobService.getContainerClient(path.container).getBlockBlobClient(path.name);
  await blob.uploadData(Buffer.alloc(24 * MIB, "b"));

  const outcome = await buffer({ [Symbol.asyncIterator]: () => chunks }).then(
    () => "read to the end",
    (error: { statusCode?: number }) => error.statusCode,
  );
  expect(outcome).toBe(412);
});

test("what a slow reader does not take is not fetched, and a reader that leaves ends the read", async () => {
  const path = aPath();
  await storage.direct.files.write(path, source([randomBytes(64 * MIB)]).content, "text/csv");
  const before = storage.blobs.requests.length;

  const file = await storage.faulty.files.read(path);
  const chunks = contentOf(file)[Symbol.asyncIterator]();
  await chunks.next();
  await untilStill(() => storage.blobs.requests.length);

  expect(storage.blobs.requests.length - before).toBeLessThanOrEqual(2);
  await chunks.return?.();
  expect((await chunks.next()).done).toBe(true);
  await untilStill(() => storage.blobs.requests.length);
  expect(storage.blobs.requests.length - before).toBeLessThanOrEqual(2);
});

test("read says null for a file, and for a container, that is not there", async () => {
  const path = aPath();
  await storage.direct.files.write(path, source([Buffer.from("x")]).content, "text/csv");

  expect(await storage.direct.files.read({ ...path, name: "other" })).toBeNull();
  expect(await storage.direct.files.read(aPath())).toBeNull();
});

test("label and delete of a file that is not there are fine", async () => {
  await storage.direct.files.label(aPath(), { blobType: "A.B" });
  await storage.direct.files.delete(aPath());
});

test("uri is the file's address without any access token", () => {
  const uri = new URL(storage.direct.files.uri({ container: "shop-items", name: "A.B/x.csv" }));

  expect(uri.pathname).toBe("/devstoreaccount1/shop-items/A.B/x.csv");
  expect(uri.search).toBe("");
});

/** Waits until a number has stopped changing for a while. Too short a while makes the test weaker, never red. */
async function untilStill(count: () => number): Promise<void> {
  for (let last = Number.NaN; last !== count(); ) {
    last = count();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
