import type { FileWriter } from "./format.ts";
import type { Row } from "./rows.ts";

/** The bytes of a file. They are made as fast as they are taken. */
export interface EncodedRows extends AsyncIterable<Buffer> {
  /** Rows written so far; all of them once the iteration has ended. */
  readonly rowCount: number;
}

/** Least size of a chunk, except the last: a compressor's cost depends on the number of writes, not of bytes. */
const MIN_CHUNK_BYTES = 65_536;
/** Rows in one call of the writer. The limit bounds memory when rows are wide and batches long. */
const MAX_ROWS_PER_CALL = 256;

/**
 * Turns rows into the bytes of one file, in chunks of at least 65,536 bytes (the last one may be shorter).
 *
 * Reads the next batch only when a chunk is asked for. Iterate once. An iteration that ends early ends `batches` too.
 */
export function encodeRows(
  batches: AsyncIterable<readonly Row[]>,
  writer: FileWriter,
): EncodedRows {
  let rowCount = 0;

  async function* chunks(): AsyncGenerator<Buffer> {
    let held = [writer.start()];
    let bytes = 0;
    for await (const batch of batches) {
      for (const slice of slices(batch)) {
        const written = writer.rows(slice);
        held.push(written);
        bytes += written.length;
        rowCount += slice.length;
        if (bytes >= MIN_CHUNK_BYTES) {
          yield Buffer.concat(held);
          [held, bytes] = [[], 0];
        }
      }
    }
    held.push(writer.end());
    const last = Buffer.concat(held);
    if (last.length > 0) {
      yield last;
    }
  }

  return {
    [Symbol.asyncIterator]: chunks,
    get rowCount() {
      return rowCount;
    },
  };
}

function* slices(batch: readonly Row[]): Generator<readonly Row[]> {
  for (let from = 0; from < batch.length; from += MAX_ROWS_PER_CALL) {
    yield batch.slice(from, from + MAX_ROWS_PER_CALL);
  }
}
