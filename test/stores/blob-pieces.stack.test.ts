import { randomUUID } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import { useFaultyStorage } from "../support/faulty-storage.ts";

const storage = useFaultyStorage();

test("a file that is assembled of pieces is visible only then, and its name is nobody else's", async () => {
  const files = storage.direct.files;
  const path = { container: `c${randomUUID()}`, name: "Shop.Items/2026-03-01/a.jsonl.gz" };
  await files.stage(path, "2-0", Buffer.from("two"));
  await files.stage(path, "1-0", Buffer.from("one "));
  await files.stage(path, "1-1", Buffer.from("of an attempt that died"));

  expect(await files.read(path)).toBeNull();
  const file = { pieces: ["1-0", "2-0"], madeOf: "first", contentType: "text/plain" };
  expect(await files.assemble(path, file)).toBe(true);
  expect(await files.assemble(path, file)).toBe(true);
  expect(await files.assemble(path, { ...file, madeOf: "second" })).toBe(false);

  const read = await files.read(path);
  expect(read === null ? null : (await buffer(read.content)).toString()).toBe("one two");
});
