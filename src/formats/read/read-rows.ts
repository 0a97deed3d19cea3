import type { RowImportFormat } from "../../contracts/import-format.ts";
import { readerFor } from "./registry.ts";
import { type RowBatch, type RowSink, rowSink } from "./row-sink.ts";
import { decodeText } from "./text-encoding.ts";
import { textInput } from "./text-input.ts";
import { UnreadableFileError } from "./unreadable-file-error.ts";

export interface ReadRowsRequest {
  readonly format: RowImportFormat;
  /**
   * Columns in the order that the rows are to have, for formats whose rows name their own fields; without, the fields
   * of the first row are the columns. Formats whose file says or whose options declare the columns pass over it.
   */
  readonly columns?: readonly string[] | undefined;
}

export interface RowsRead {
  /** Names of the columns in order; none when a file that would name them has no rows. */
  readonly columns: readonly string[];
  /**
   * To be iterated once, to the end or to a `return()`, which ends `bytes` too.
   * @throws UnreadableFileError after the rows before the place that cannot be read
   */
  readonly batches: AsyncIterableIterator<RowBatch>;
}

/** Rows that fail before a first one names the columns; more of them are no file of this format. */
const MAX_FAILURES_AT_START = 1_000;

/**
 * Reads the rows of one file as fast as they are taken, in memory that does not depend on the file. Bytes must be
 * unpacked, see `decompress`.
 *
 * Resolves once the columns are known. Rows that cannot be read come as failures between the others.
 *
 * @throws UnreadableFileError when not even the columns can be read; whatever `bytes` throws
 */
export async function readRows(
  bytes: AsyncIterable<Uint8Array>,
  { format, columns: declared }: ReadRowsRequest,
): Promise<RowsRead> {
  const sink = rowSink();
  const batches = read({ bytes, format, declared, sink });
  const atStart: IteratorResult<RowBatch>[] = [];
  do {
    atStart.push(await batches.next());
    if (sink.columns === null && sink.nextRow > MAX_FAILURES_AT_START) {
      await batches.return(undefined);
      const first = atStart[0]?.value?.failures[0];
      throw new UnreadableFileError(
        `none of its first ${MAX_FAILURES_AT_START} rows is a row; row 1 ${first?.reason}`,
      );
    }
  } while (sink.columns === null && atStart.at(-1)?.done !== true);

  return {
    columns: sink.columns ?? [],
    batches: {
      next: async () => atStart.shift() ?? batches.next(),
      return: async () => {
        atStart.length = 0;
        return batches.return(undefined);
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    },
  };
}

interface Reading {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly format: RowImportFormat;
  readonly declared: readonly string[] | undefined;
  readonly sink: RowSink;
}

async function* read({
  bytes,
  format,
  declared,
  sink,
}: Reading): AsyncGenerator<RowBatch, undefined> {
  const texts = decodeText(bytes, format.encoding);
  const { input, fill } = textInput(texts);
  const reader = readerFor(format.kind)({ options: format, declared, input, sink });
  try {
    for (let step = reader.next(); step.done !== true; step = reader.next()) {
      if (step.value === "full") {
        yield sink.take();
      } else {
        await fill();
      }
    }
  } catch (error) {
    // What was read before the damage is handed out first, so that it does not depend on where batches end.
    if (!sink.isEmpty) {
      yield sink.take();
    }
    throw error;
  } finally {
    await texts.return(undefined);
  }
  if (!sink.isEmpty) {
    yield sink.take();
  }
  return;
}
