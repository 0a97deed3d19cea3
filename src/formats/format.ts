import type { z } from "zod";
import type { RowBatch, RowSink } from "./row-sink.ts";
import type { Column, GivenRow, Row } from "./rows.ts";
import type { Charset } from "./text/charset.ts";

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
  /** Whether the file is compressed inside, so that gzip around it is refused. */
  readonly isPacked: boolean;
  /** Charset of the file; null: it is not text. */
  charsetOf(options: z.output<Schema>): string | null;
  /** @param entity name of the rows' entity, for formats that name their rows */
  writer(columns: readonly Column[], entity: string, options: z.output<Schema>): FileWriter;
}

/** Turns rows into the bytes of one file. Pure: the pipeline around it gathers, compresses and uploads. */
export interface FileWriter {
  /** What stands before the first row; called once, also for a file without rows. */
  start(): Uint8Array;
  /** Takes rows in order. @returns what can be handed on by now: of these rows, or of earlier ones */
  rows(batch: readonly Row[]): Uint8Array;
  /** All that is left; called once. */
  end(): Uint8Array;
  /**
   * Makes a new writer go on behind rows that another one has written, perhaps in another process. A writer that has
   * this holds no rows back. Missing: one writer must write the whole file, in one invocation.
   */
  goOn?(): void;
}

/** A format that imports read. */
export interface ReadableFormat<Schema extends OptionsSchema>
  extends NamedFormat<z.output<Schema>["kind"]> {
  /** What an import's definition can choose. */
  readonly importOptions: Schema;
  /**
   * Reads a file into the request's sink, and hands out what is in it whenever that is full, and at the end.
   *
   * @throws UnreadableFileError when the file cannot be read on, after the rows before that place
   */
  read(request: FileRequest<z.output<Schema>>): AsyncGenerator<RowBatch, undefined>;
  /**
   * Writes a file of rows that an import did not take, so that they can be mended and handed in again.
   *
   * @param columns of {@link RowsRead}
   */
  failedRows(
    options: z.output<Schema>,
    columns: readonly string[],
    rows: AsyncIterable<FailedRow>,
  ): AsyncIterable<Uint8Array>;
  /** Charset of such a file; null: it is not text. */
  failedRowsCharset(options: z.output<Schema>): string | null;
}

/** A file that is to be read. */
export interface FileRequest<Options> {
  /** The file, unpacked. An iteration that ends early ends it too. */
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly options: Options;
  /** What the text is in, where somebody knows better than the options. */
  readonly charset: Charset | null;
  /** Fields that the import declares; undefined: those of the first row. Only for rows that name their own fields. */
  readonly declared: readonly string[] | undefined;
  readonly sink: RowSink;
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
