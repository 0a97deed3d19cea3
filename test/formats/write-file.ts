import { FormatOptions } from "../../src/domain/definitions/file-formats.ts";
import { encodeRows } from "../../src/formats/encode-rows.ts";
import { type RowFormatOptions, writableFormat } from "../../src/formats/index.ts";
import type { Column, Row } from "../../src/formats/rows.ts";

/** Parses options as a definition holds them, so that tests name only what they choose. */
export function optionsOf(options: {
  readonly kind: string;
  readonly [option: string]: unknown;
}): RowFormatOptions {
  return FormatOptions.parse(options) as RowFormatOptions;
}

/** The text of a whole file. */
export function textOf(
  options: Parameters<typeof optionsOf>[0],
  columns: readonly Column[],
  rows: readonly Row[],
): string {
  const parsed = optionsOf(options);
  const format = writableFormat(parsed.kind);
  const writer = format.writer(columns, "Items", parsed);
  const bytes = Buffer.concat([writer.start(), writer.rows(rows), writer.end()]);
  return bytes.toString(format.charsetOf(parsed) === "utf-16le" ? "utf16le" : "utf8");
}

/** The bytes of a whole file, made in batches of seven rows. */
export async function bytesOf(
  options: Parameters<typeof optionsOf>[0],
  columns: readonly Column[],
  rows: readonly Row[],
): Promise<Buffer> {
  const parsed = optionsOf(options);
  const format = writableFormat(parsed.kind);
  const writer = format.writer(columns, "Items", parsed);
  const bytes = encodeRows(batchesOf(rows), writer);
  return Buffer.concat(await collected(bytes));
}

export async function* batchesOf(rows: readonly Row[], size = 7): AsyncGenerator<readonly Row[]> {
  for (let from = 0; from < rows.length; from += size) {
    yield rows.slice(from, from + size);
  }
}

export async function collected<Item>(source: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of source) {
    items.push(item);
  }
  return items;
}
