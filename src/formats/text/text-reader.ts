import type { FailedRow, FileRequest } from "../format.ts";
import type { RowReader } from "../row-reader.ts";
import type { RowBatch } from "../row-sink.ts";
import type { GivenRow } from "../rows.ts";
import { textEncoder } from "./encode-text.ts";
import { decodeText } from "./text-encoding.ts";
import { textInput } from "./text-input.ts";
import type { TextEncoding } from "./text-options.ts";

interface TextOptions {
  readonly kind: string;
  readonly encoding: TextEncoding;
}

/** Writes the text of a file of failed rows. `reason` names the row and is one line. */
export interface FailedRowsText {
  start(): string;
  /** @param values see {@link FailedRow.values} */
  row(values: GivenRow | string | null, reason: string): string;
  end(): string;
}

/** Reading and writing of failed rows for a text format. */
export function readAsText<Options extends TextOptions>(
  reader: RowReader<Options>,
  failedRows: (options: Options, columns: readonly string[]) => FailedRowsText,
): {
  read: (request: FileRequest<Options>) => AsyncGenerator<RowBatch, undefined>;
  failedRows: (
    options: Options,
    columns: readonly string[],
    rows: AsyncIterable<FailedRow>,
  ) => AsyncGenerator<Buffer>;
  failedRowsCharset: (options: Options) => string;
} {
  return {
    read: (request) => read(reader, request),
    failedRows: (options, columns, rows) =>
      encoded(failedRows(options, columns), rows, options.encoding),
    failedRowsCharset: ({ encoding }) => (encoding === "auto" ? "utf-8" : encoding),
  };
}

async function* read<Options extends TextOptions>(
  reader: RowReader<Options>,
  { bytes, options, charset, declared, sink }: FileRequest<Options>,
): AsyncGenerator<RowBatch, undefined> {
  const texts = decodeText(bytes, charset ?? options.encoding);
  const { input, fill } = textInput(texts);
  const steps = reader({ options, declared, input, sink });
  try {
    for (let step = steps.next(); step.done !== true; step = steps.next()) {
      if (step.value === "full") {
        yield sink.take();
      } else {
        await fill();
      }
    }
  } catch (error) {
    // The rows before the damage are handed out first, so that they do not depend on where batches end.
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

const MIN_CHUNK_LENGTH = 65_536;
const LINE_ENDS_REGEXP = /[\r\n\u0085\u2028\u2029]+/g;

/**
 * The bytes of a file of failed rows. It holds only refused rows, in the format of the partner's file, each with the
 * reason. The partner mends the rows and sends the file again: readers skip the reason.
 *
 * Cells are written so that they are read back equal. The text of an unreadable row stays as it was, unless it would
 * spoil its neighbours. Then it becomes the field `WaybillRaw` (csv: one quoted value). The row fails again until it is
 * mended.
 */
async function* encoded(
  writer: FailedRowsText,
  rows: AsyncIterable<FailedRow>,
  encoding: TextEncoding,
): AsyncGenerator<Buffer> {
  const encode = textEncoder(encoding);
  let text = writer.start();
  for await (const { row, values, reason } of rows) {
    text += writer.row(values, `row ${row}: ${reason.replace(LINE_ENDS_REGEXP, " ")}`);
    if (text.length >= MIN_CHUNK_LENGTH) {
      yield encode(text);
      text = "";
    }
  }
  text += writer.end();
  if (text !== "") {
    yield encode(text);
  }
}
