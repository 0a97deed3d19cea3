import type { RowWriter } from "./format.ts";
import type { Row } from "./rows.ts";

/** The bytes of a file, made as fast as they are taken. */
export interface EncodedRows extends AsyncIterable<Buffer> {
  /** Rows written so far; all of them once the iteration has ended. */
  readonly rowCount: number;
}

/** What the next stage is handed at least, but for the last chunk: compressors pay for each write, not for each byte. */
const MIN_CHUNK_LENGTH = 65_536;
/** Rows in one call of the writer: bounds the text in memory when rows are wide and batches long. */
const MAX_ROWS_PER_CALL = 256;

/**
 * Turns rows into the bytes of one file, in chunks of at least 65,536 UTF-16 code units (the last one may be shorter).
 *
 * Asks for the next batch only when a chunk is asked for. A lone surrogate becomes U+FFFD, in UTF-16 too. To be
 * iterated once; an iteration that ends early ends `batches` too.
 */
export function encodeRows(
  batches: AsyncIterable<readonly Row[]>,
  writer: RowWriter,
  encoding: "utf-8" | "utf-16le",
): EncodedRows {
  const encode = encoding === "utf-8" ? toUtf8 : toUtf16;
  let rowCount = 0;

  async function* chunks(): AsyncGenerator<Buffer> {
    let text = writer.start();
    for await (const batch of batches) {
      for (const slice of slices(batch)) {
        text += writer.rows(slice);
        rowCount += slice.length;
        if (text.length >= MIN_CHUNK_LENGTH) {
          yield encode(text);
          text = "";
        }
      }
    }
    text += writer.end();
    if (text !== "") {
      yield encode(text);
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

function toUtf8(text: string): Buffer {
  return Buffer.from(text, "utf8");
}

function toUtf16(text: string): Buffer {
  return Buffer.from(text.toWellFormed(), "utf16le");
}
