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
  /** Schema of the options in an export's definition. */
  readonly exportOptions: Schema;
  /** Whether the file is compressed inside; gzip around such a file is refused. */
  readonly isPacked: boolean;
  /** Charset of the file; null when it is not text. */
  charsetOf(options: z.output<Schema>): string | null;
  /** @param entity name of the rows' entity, for formats that name their rows */
  writer(columns: readonly Column[], entity: string, options: z.output<Schema>): FileWriter;
}

/** Turns rows into the bytes of one file. Pure: the pipeline around it batches, compresses and uploads. */
export interface FileWriter {
  /** Bytes before the first row; called once, even for a file without rows. */
  start(): Uint8Array;
  /** Takes rows in order. @returns the bytes that are ready: of these rows, or of earlier ones */
  rows(batch: readonly Row[]): Uint8Array;
  /** All remaining bytes; called once. */
  end(): Uint8Array;
  /**
   * Makes a new writer continue a file after rows that another writer wrote, perhaps in another process. A writer with
   * this method holds no rows back. Without it, one writer must write the whole file in one invocation.
   */
  goOn?(): void;
}

/** A format that imports read. */
export interface ReadableFormat<Schema extends OptionsSchema>
  extends NamedFormat<z.output<Schema>["kind"]> {
  /** Schema of the options in an import's definition. */
  readonly importOptions: Schema;
  /**
   * Reads a file into the request's sink. Yields the sink's batch whenever it is full, and at the end.
   *
   * @throws UnreadableFileError where the rest of the file cannot be read; the rows before come first
   */
  read(request: FileRequest<z.output<Schema>>): AsyncGenerator<RowBatch, undefined>;
  /**
   * Writes a file of rows that an import refused, so that the partner can mend and send them again.
   *
   * @param columns see {@link RowsRead}
   */
  failedRows(
    options: z.output<Schema>,
    columns: readonly string[],
    rows: AsyncIterable<FailedRow>,
  ): AsyncIterable<Uint8Array>;
  /** Charset of that file; null when it is not text. */
  failedRowsCharset(options: z.output<Schema>): string | null;
}

/** A file to read. */
export interface FileRequest<Options> {
  /** The unpacked file. An iteration that ends early ends it too. */
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly options: Options;
  /** Charset of the text, where the caller knows it better than the options. */
  readonly charset: Charset | null;
  /**
   * Fields that the import declares; undefined: the fields of the first row. Only for rows that name their own fields.
   */
  readonly declared: readonly string[] | undefined;
  readonly sink: RowSink;
}

/** A row that an import refused. */
export interface FailedRow {
  /** Number of the row in the partner's file. */
  readonly row: number;
  /**
   * The row's cells as they were read. For a row that could not be read, `UnreadRow.raw`: its text in the file, or null
   * when that was too long to be kept.
   */
  readonly values: GivenRow | string | null;
  /** Reason, in words that a partner can act on. */
  readonly reason: string;
}
