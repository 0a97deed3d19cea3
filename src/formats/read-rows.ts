import { type RowImportFormat, readableFormat } from "./index.ts";
import { type RowBatch, type RowSink, rowSink } from "./row-sink.ts";
import type { SeenFields } from "./seen-fields.ts";
import type { Charset } from "./text/charset.ts";
import { UnreadableFileError } from "./unreadable-file-error.ts";

export interface ReadRowsRequest {
  readonly format: RowImportFormat;
  /** Charset of the text, where the caller knows it better than the format. */
  readonly charset?: Charset | null;
  /**
   * Columns in the wanted order, for formats whose rows name their own fields; without them, the fields of the first
   * row are the columns. Other formats ignore this list: the file or the options name the columns.
   */
  readonly columns?: readonly string[] | undefined;
}

export interface RowsRead {
  /** Names of the columns in order; empty when a file without rows does not name them. */
  readonly columns: readonly string[];
  /**
   * Fields named by the rows read so far, where each row names its own fields and the import declares them; else null.
   * Two batches are read before the first is handed out, so that most fields are known by then.
   */
  seen(): SeenFields | null;
  /** Rows read so far, failed rows included. */
  rowsRead(): number;
  /** Whether the whole file was read, so that no further field can appear. */
  hasEnded(): boolean;
  /**
   * Iterate once, to the end or to a `return()`, which ends `bytes` too.
   * @throws UnreadableFileError after the rows before the unreadable place
   */
  readonly batches: AsyncIterableIterator<RowBatch>;
}

/** Rows that fail before a first one names the columns. After more failures, the file is taken for another format. */
const MAX_FAILURES_AT_START = 1_000;

/**
 * Reads the rows of one file as fast as they are taken. The memory does not depend on the size of the file. The bytes
 * must be unpacked, see `decompress`.
 *
 * Resolves once the columns are known. Unreadable rows appear among the batches' failures.
 *
 * @throws UnreadableFileError when the columns cannot be read; any error of `bytes`
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

/** Reads until the columns are known. Where rows name their own fields, some rows must have named them. */
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
      // The error is thrown after the rows before the damage.
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
