import { expect, test } from "vitest";
import { encodeRows } from "../../src/formats/encode-rows.ts";
import { RowFormatOptions, RowImportFormat, writableFormat } from "../../src/formats/index.ts";
import type { Row } from "../../src/formats/rows.ts";
import { columns, rows } from "./nasty-rows.ts";
import { BROKEN_FILE_KINDS, WRITTEN_AND_READ } from "./option-pairs.ts";
import { type ImportOptions, readFile } from "./read-file.ts";
import { batchesOf, bytesOf, collected, optionsOf } from "./write-file.ts";

/** Rules that every format keeps. A format in the list of formats is tested here. */

const kindsOf = (schemas: readonly { shape: { kind: { value: string } } }[]): string[] =>
  schemas.map(({ shape }) => shape.kind.value);
const WRITABLE = kindsOf(RowFormatOptions.options) as RowFormatOptions["kind"][];
const READABLE = kindsOf(RowImportFormat.options) as RowImportFormat["kind"][];
const BOTH = READABLE.filter((kind) => (WRITABLE as string[]).includes(kind));

async function fileOf(kind: string, content: readonly Row[], batchRows: number): Promise<Buffer> {
  const options = optionsOf({ kind });
  const writer = writableFormat(options.kind).writer(columns, "Items", options);
  return Buffer.concat(await collected(encodeRows(batchesOf(content, batchRows), writer)));
}

test("each format that is written and read is among the pairs that are written and read back", () => {
  const tried = new Set(WRITTEN_AND_READ.map(([written, read]) => `${written.kind} ${read.kind}`));

  expect(BOTH.filter((kind) => !tried.has(`${kind} ${kind}`))).toEqual([]);
});

test("each format that is read is among those that are given broken files", () => {
  const tried = new Set(BROKEN_FILE_KINDS.map(({ kind }) => kind));

  expect(READABLE.filter((kind) => !tried.has(kind))).toEqual([]);
});

test.each(WRITABLE)(
  "a file of %s does not depend on how its rows come in batches",
  async (kind) => {
    const content = rows;

    const [inOne, inMany] = await Promise.all([
      fileOf(kind, content, content.length),
      fileOf(kind, content, 3),
    ]);

    expect(inMany.equals(inOne)).toBe(true);
  },
);

test.each(WRITABLE)(
  "a writer of %s that goes on writes the rest of the same file",
  async (kind) => {
    const options = optionsOf({ kind });
    const format = writableFormat(options.kind);
    const [first, second] = [
      format.writer(columns, "Items", options),
      format.writer(columns, "Items", options),
    ];
    if (second.goOn === undefined) {
      expect(format.isPacked).toBe(true);
      return;
    }
    const start = [first.start(), first.rows(rows.slice(0, 5))];

    second.goOn();
    const whole = Buffer.concat([...start, second.rows(rows.slice(5)), second.end()]);

    expect(whole.equals(await bytesOf({ kind }, columns, rows))).toBe(true);
  },
);

test.each(BOTH)("a file of %s without rows is read as one without rows", async (kind) => {
  const read: ImportOptions = { kind };

  const result = await readFile(read, await fileOf(kind, [], 1), ["id"]);

  expect(result).toMatchObject({ rows: [], failures: [] });
});
