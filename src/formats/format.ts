import type { Column, Row } from "./rows.ts";

/** Turns rows into the text of one file. Pure: the pipeline around it gathers, encodes, compresses and uploads. */
export interface RowWriter {
  /** What stands before the first row; called once, also for a file without rows. */
  start(): string;
  /** The text of these rows; called once per batch, in order. */
  rows(batch: readonly Row[]): string;
  /** What stands after the last row; called once. */
  end(): string;
  /** Makes a new writer go on behind rows that another one has written; needed where rows are set apart. */
  goOn?(): void;
}

/** One file format: how it is named, and how rows become its text. */
export interface Format<Options = unknown> {
  /** Media type of the uncompressed file, e.g. `application/x-jsonlines`. */
  readonly contentType: string;
  /** File name extension without a dot, e.g. `jsonl`. */
  readonly extension: string;
  /** @param entity name of the entity that the rows are of, for formats that name their rows */
  writer(columns: readonly Column[], entity: string, options: Options): RowWriter;
}
