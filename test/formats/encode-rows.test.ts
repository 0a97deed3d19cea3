import { expect, test } from "vitest";
import { encodeRows } from "../../src/formats/encode-rows.ts";
import type { FileWriter } from "../../src/formats/format.ts";
import type { Row } from "../../src/formats/rows.ts";
import { batchesOf, collected } from "./write-file.ts";

/** Writes each row's only cell, and brackets around all. */
const writer: FileWriter = {
  start: () => Buffer.from("["),
  rows: (batch) => Buffer.from(batch.map(([cell]) => cell).join("")),
  end: () => Buffer.from("]"),
};

function rowsOf(cell: string, count: number): Row[] {
  return Array.from({ length: count }, () => [cell]);
}

test("encodeRows gathers small batches into chunks of at least 64 KiB and keeps every row", async () => {
  const encoded = encodeRows(batchesOf(rowsOf("0123456789", 20_000), 3), writer);

  const chunks = await collected(encoded);

  expect(Buffer.concat(chunks).toString()).toBe(`[${"0123456789".repeat(20_000)}]`);
  expect(chunks.length).toBe(4);
  expect(chunks.slice(0, -1).every((chunk) => chunk.length >= 65_536)).toBe(true);
  expect(encoded.rowCount).toBe(20_000);
});

test("encodeRows cuts a long batch of wide rows", async () => {
  const encoded = encodeRows(batchesOf(rowsOf("x".repeat(1_000), 5_000), 5_000), writer);

  const chunks = await collected(encoded);

  expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThan(300_000);
});

test("encodeRows writes start and end of a file without rows", async () => {
  const encoded = encodeRows(batchesOf([]), writer);

  expect(Buffer.concat(await collected(encoded)).toString()).toBe("[]");
  expect(encoded.rowCount).toBe(0);
});

test("encodeRows hands on nothing when there is not a byte", async () => {
  const nothing = Buffer.alloc(0);
  const silent: FileWriter = { start: () => nothing, rows: () => nothing, end: () => nothing };

  expect(await collected(encodeRows(batchesOf([]), silent))).toEqual([]);
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

  for await (const _chunk of encodeRows(source(), writer)) {
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

  await expect(collected(encodeRows(broken(), writer))).rejects.toThrow("connection lost");
});

test("encodeRows hands on what a writer holds back", async () => {
  const held: Buffer[] = [];
  const holding: FileWriter = {
    start: () => Buffer.alloc(0),
    rows: (batch) => {
      held.push(Buffer.from(batch.join("")));
      return Buffer.alloc(0);
    },
    end: () => Buffer.concat(held),
  };

  const encoded = encodeRows(batchesOf([["a"], ["b"], ["c"]], 1), holding);

  expect(Buffer.concat(await collected(encoded)).toString()).toBe("abc");
  expect(encoded.rowCount).toBe(3);
});
