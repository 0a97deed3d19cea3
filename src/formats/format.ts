import type { z } from "zod";
import type { RowReader } from "./row-reader.ts";
import type { Column, GivenRow, Row } from "./rows.ts";

type OptionsSchema = z.ZodType<{ readonly kind: string }>;

interface NamedFormat<Kind extends string> {
  /** Its name in definitions: the `kind` of its options. */
  readonly kind: Kind;
  /** Media type of the uncompressed file, e.g. `application/x-jsonlines`. */
  readonly contentType: string;
  /** File name extension without a dot, e.g. `jsonl`. */
  readonly extension: string;
}

/** A format that exports write. */
export interface WritableFormat<Schema extends OptionsSchema>
  extends NamedFormat<z.output<Schema>["kind"]> {
  /** What an export's definition can choose. */
  readonly exportOptions: Schema;
  /** Encoding of the text. */
  encodingOf(options: z.output<Schema>): "utf-8" | "utf-16le";
  /** @param entity name of the rows' entity, for formats that name their rows */
  writer(columns: readonly Column[], entity: string, options: z.output<Schema>): RowWriter;
}

/** A format that imports read. */
export interface ReadableFormat<Schema extends OptionsSchema>
  extends NamedFormat<z.output<Schema>["kind"]> {
  /** What an import's definition can choose. */
  readonly importOptions: Schema;
  readonly reader: RowReader<z.output<Schema>>;
  /** Writes rows that an import did not take, so that they can be mended and handed in again. */
  failedRows(options: z.output<Schema>, columns: readonly string[]): FailedRowsText;
}

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

/** Writes the text of a file of failed rows. `reason` names the row and stands on one line. */
export interface FailedRowsText {
  start(): string;
  /** @param values see {@link FailedRow.values} */
  row(values: GivenRow | string | null, reason: string): string;
  end(): string;
}

/** A row that an import did not take. */
export interface FailedRow {
  /** Number of the row in the file that was handed in. */
  readonly row: number;
  /**
   * Its cells as they were read. Of a row that could not be read, `UnreadRow.raw`: its text as it stood in the file, or
   * null when that was too long to be kept.
   */
  readonly values: GivenRow | string | null;
  /** In words that a partner can act on. */
  readonly reason: string;
}
