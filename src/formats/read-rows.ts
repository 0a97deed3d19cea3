import { type RowImportFormat, readableFormat } from "./index.ts";
import { type RowBatch, type RowSink, rowSink } from "./row-sink.ts";
import type { SeenFields } from "./seen-fields.ts";
import type { Charset } from "./text/charset.ts";
import { UnreadableFileError } from "./unreadable-file-error.ts";

export interface ReadRowsRequest {
  readonly format: RowImportFormat;
  /** What the text is in, where somebody knows better than the format. */
  readonly charset?: Charset | null;
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
   * What the rows that were read so far name, where each row names its own fields and the import declares them; else
   * null. Two batches are read before any is handed out, so that most files are known by then.
   */
  seen(): SeenFields | null;
  /** Rows that were read so far, those that failed included. */
  rowsRead(): number;
  /** Whether the whole file was read, so that nothing more can be named. */
  hasEnded(): boolean;
  /**
   * To be iterated once, to the end or to a `return()`, which ends `bytes` too.
   * @throws UnreadableFileError after the rows before the place that cannot be read
   */
  readonly batches: AsyncIterableIterator<RowBatch>;
}

/** Rows that fail before a first one names the columns; more of them are not a file of this format. */
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
  { format, charset, columns: declared }: ReadRowsRequest,
): Promise<RowsRead> {
  const sink = rowSink();
  const batches = readableFormat(format.kind).read({
    ...{ bytes, options: format, charset: charset ?? null, declared, sink },
  });
  const start = await startOf(batches, sink);
  return {
    columns: sink.columns ?? [],
    seen: () => sink.seen,
    rowsRead: () => sink.nextRow - 1,
    hasEnded: () => start.hasEnded(),
    batches: {
      next: () => start.next(),
      return: () => start.end(),
      [Symbol.asyncIterator]() {
        return this;
      },
    },
  };
}

interface Start {
  next(): Promise<IteratorResult<RowBatch>>;
  end(): Promise<IteratorResult<RowBatch>>;
  hasEnded(): boolean;
}

const BATCHES_AT_START = 2;

/** Reads until the columns are known and, where rows name their own fields, some rows have named them. */
async function startOf(
  batches: AsyncGenerator<RowBatch, undefined>,
  sink: RowSink,
): Promise<Start> {
  const atStart: (() => IteratorResult<RowBatch>)[] = [];
  let hasEnded = false;
  const read = async (): Promise<IteratorResult<RowBatch>> => {
    const result = await batches.next();
    hasEnded = result.done === true;
    return result;
  };
  const isEnough = (): boolean =>
    hasEnded ||
    (sink.columns !== null && (sink.seen === null || atStart.length >= BATCHES_AT_START));

  while (atStart.length === 0 || !isEnough()) {
    try {
      const result = await read();
      atStart.push(() => result);
    } catch (error) {
      if (atStart.length === 0 || sink.columns === null) {
        throw error;
      }
      // It is thrown behind the rows before the damage.
      atStart.push(() => {
        throw error;
      });
      break;
    }
    await refuseIfNoRows(batches, sink, atStart[0]);
  }
  return {
    next: async () => {
      const first = atStart.shift();
      return first === undefined ? read() : first();
    },
    end: async () => {
      atStart.length = 0;
      return batches.return(undefined);
    },
    hasEnded: () => hasEnded,
  };
}

async function refuseIfNoRows(
  batches: AsyncGenerator<RowBatch, undefined>,
  sink: RowSink,
  firstBatch: (() => IteratorResult<RowBatch>) | undefined,
): Promise<void> {
  if (sink.columns === null && sink.nextRow > MAX_FAILURES_AT_START) {
    await batches.return(undefined);
    const first = firstBatch?.().value?.failures[0];
    throw new UnreadableFileError(
      `none of its first ${MAX_FAILURES_AT_START} rows is a row; row 1 ${first?.reason}`,
    );
  }
}
