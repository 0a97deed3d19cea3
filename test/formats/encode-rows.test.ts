import { expect, test } from "vitest";
import { encodeRows } from "../../src/formats/encode-rows.ts";
import type { RowWriter } from "../../src/formats/format.ts";
import type { Row } from "../../src/formats/rows.ts";
import { batchesOf, collected } from "./write-file.ts";

/** Writes each row's only cell, and brackets around all. */
const writer: RowWriter = {
  start: () => "[",
  rows: (batch) => batch.map(([cell]) => cell).join(""),
  end: () => "]",
};

function rowsOf(cell: string, count: number): Row[] {
  return Array.from({ length: count }, () => [cell]);
}

test("encodeRows gathers small batches into chunks of at least 64 KiB and keeps every row", async () => {
  const encoded = encodeRows(batchesOf(rowsOf("0123456789", 20_000), 3), writer, "utf-8");

  const chunks = await collected(encoded);

  expect(Buffer.concat(chunks).toString()).toBe(`[${"0123456789".repeat(20_000)}]`);
  expect(chunks.length).toBe(4);
  expect(chunks.slice(0, -1).every((chunk) => chunk.length >= 65_536)).toBe(true);
  expect(encoded.rowCount).toBe(20_000);
});

test("encodeRows cuts a long batch of wide rows", async () => {
  const encoded = encodeRows(batchesOf(rowsOf("x".repeat(1_000), 5_000), 5_000), writer, "utf-8");

  const chunks = await collected(encoded);

  expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThan(300_000);
});

test("encodeRows writes start and end of a file without rows", async () => {
  const encoded = encodeRows(batchesOf([]), writer, "utf-8");

  expect(Buffer.concat(await collected(encoded)).toString()).toBe("[]");
  expect(encoded.rowCount).toBe(0);
});

test("encodeRows hands on nothing when there is no text at all", async () => {
  const silent: RowWriter = { start: () => "", rows: () => "", end: () => "" };

  expect(await collected(encodeRows(batchesOf([]), silent, "utf-8"))).toEqual([]);
});

test("encodeRows pulls the next batch only when a chunk is asked for, and ends the source with the reader", async () => {
  const events: string[] = [];
  async function* source(): AsyncGenerator<readonly Row[]> {
    try {
      for (let batch = 1; ; batch += 1) {
        events.push(`batch ${batch}`);
        yield rowsOf("x".repeat(70_000), 1);
      }
    } finally {
      events.push("ended");
    }
  }

  for await (const _chunk of encodeRows(source(), writer, "utf-8")) {
    events.push("chunk");
    if (events.length === 4) {
      break;
    }
  }

  expect(events).toEqual(["batch 1", "chunk", "batch 2", "chunk", "ended"]);
});

test("encodeRows lets a failure of the source through", async () => {
  async function* broken(): AsyncGenerator<readonly Row[]> {
    yield rowsOf("x", 1);
    throw new Error("connection lost");
  }

  await expect(collected(encodeRows(broken(), writer, "utf-8"))).rejects.toThrow("connection lost");
});

test("encodeRows writes emoji whole and lone surrogates as U+FFFD in both encodings", async () => {
  const rows = [["😀\uD83D"], ["\uDE00"]];

  const utf8 = Buffer.concat(await collected(encodeRows(batchesOf(rows, 1), writer, "utf-8")));
  const utf16 = Buffer.concat(
    await collected(encodeRows(batchesOf([["😀\uD83D"]]), writer, "utf-16le")),
  );

  expect(utf8.toString("utf8")).toContain("😀");
  expect(utf16.toString("utf16le")).toBe("[😀\uFFFD]");
});
