import { randomUUID } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { BlobServiceClient } from "@azure/storage-blob";
import { describe, expect, test } from "vitest";
import type { FilePath } from "../../src/domain/files.ts";
import type { Files } from "../../src/domain/ports.ts";
import { blobFiles } from "../../src/stores/blob-files.ts";
import { useAzurite } from "../support/azurite.ts";
import { memoryFiles } from "../support/memory-files.ts";

/** One suite for files in a storage account and in memory. The fake is useful only while both agree. */
const azurite = useAzurite();

const STORES: Readonly<Record<string, () => Files>> = {
  "a storage account": () =>
    blobFiles(BlobServiceClient.fromConnectionString(azurite.connectionString)),
  memory: () => memoryFiles(new Map(), () => new Date()),
};

const aContainer = (): string => `c${randomUUID()}`;
const aPath = (name = "a.csv", container = aContainer()): FilePath => ({ container, name });

async function* content(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    yield Buffer.from(chunk);
  }
}

async function textOf(files: Files, path: FilePath, range?: { from: number; to: number }) {
  const file = await files.read(path, range);
  return file === null ? null : (await buffer(file.content)).toString();
}

const inEachStore = describe.each(Object.entries(STORES));

inEachStore("writing files in %s", (_, open) => {
  test("a file is what was written, whole and in part, with its type", async () => {
    const files = open();
    const path = aPath();

    await files.write(path, content("id,", "value\n"), "text/csv");

    expect(await textOf(files, path)).toBe("id,value\n");
    expect(await textOf(files, path, { from: 3, to: 8 })).toBe("value");
    expect(await textOf(files, path, { from: 3, to: 100 })).toBe("value\n");
    expect(await files.read(path)).toMatchObject({ bytes: 9, contentType: "text/csv" });
  });

  test("a file whose content fails is not there", async () => {
    const files = open();
    const path = aPath();
    async function* failing() {
      yield Buffer.from("half");
      throw new Error("the source is away");
    }

    await expect(files.write(path, failing(), "text/csv")).rejects.toThrow("the source is away");

    expect(await files.read(path)).toBeNull();
  });

  test("a name is never used twice", async () => {
    const files = open();
    const path = aPath();
    await files.write(path, content("first"), "text/csv");

    await expect(files.write(path, content("second"), "text/csv")).rejects.toThrow();

    expect(await textOf(files, path)).toBe("first");
  });

  test("a file is made of its pieces in their order, once", async () => {
    const files = open();
    const path = aPath();
    const made = { pieces: ["a:2", "a:1"], madeOf: "a", contentType: "text/csv" };
    await files.stage(path, "a:1", Buffer.from("one"));
    await files.stage(path, "a:2", Buffer.from("two"));
    expect(await files.read(path)).toBeNull();

    expect(await files.assemble(path, made)).toBe(true);

    expect(await textOf(files, path)).toBe("twoone");
    expect(await files.assemble(path, made)).toBe(true);
    expect(await files.assemble(path, { ...made, madeOf: "b" })).toBe(false);
    expect(await textOf(files, path)).toBe("twoone");
  });
});

inEachStore("finding files in %s", (_, open) => {
  test("a file that is not there is read as null, and deleted and labelled without an error", async () => {
    const files = open();
    const path = aPath();

    await files.delete(path);
    await files.label(path, { a: "b" });

    expect(await files.read(path)).toBeNull();
  });

  test("a list has the files under a prefix by name, page by page", async () => {
    const files = open();
    const container = aContainer();
    for (const name of ["b/2", "a/1", "b/1", "b/3", "c/1"]) {
      await files.write(aPath(name, container), content(name), "text/plain");
    }
    await files.delete(aPath("b/3", container));
    await files.write(aPath("b/4", container), content("4"), "text/plain");
    const folder = { container, prefix: "b/" };

    const first = await files.list(folder, { limit: 2, after: null });
    const second = await files.list(folder, { limit: 2, after: first.next });

    expect(first.items.map(({ path }) => path.name)).toEqual(["b/1", "b/2"]);
    expect(second.items.map(({ path }) => path.name)).toEqual(["b/4"]);
    expect(second.next).toBeNull();
    expect(
      await files.list({ container: aContainer(), prefix: "" }, { limit: 2, after: null }),
    ).toEqual({ items: [], next: null });
  });
});
