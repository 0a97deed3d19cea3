import { AppError, isAppError } from "../../../domain/errors.ts";
import {
  fieldsOf,
  planRows,
  type RowPlan,
  type SubmissionFacts,
} from "../../../domain/imports/plan-rows.ts";
import { requireColumns } from "../../../domain/imports/require-columns.ts";
import type { RowFailure } from "../../../domain/target.ts";
import { decompress } from "../../../formats/decompression.ts";
import { type RowsRead, readRows } from "../../../formats/read-rows.ts";
import { type ReadFailure, type RowBatch, rowNumbers } from "../../../formats/row-sink.ts";
import type { Row } from "../../../formats/rows.ts";
import { shortened } from "../../../formats/shortened.ts";
import { UnreadableFileError } from "../../../formats/unreadable-file-error.ts";
import type { BlobDefinition } from "./definition.ts";

/** These files come without a message, and the definition lets no column ask for one. */
const NO_SUBMISSION: SubmissionFacts = {
  company: null,
  externalId: null,
  id: "",
  executionId: "",
  receivedAt: new Date(0),
};

/**
 * Reads the rows of one file, with every value as its column defines it. The first unreadable row ends the read: a
 * source never leaves out a row.
 *
 * @param shown completes "Cannot read ", for messages
 * @throws AppError `source-invalid` for a file that does not fit the definition, `conversion-failed` for a value; any
 *   error of `bytes`
 */
export async function* fileRows(
  bytes: AsyncIterable<Uint8Array>,
  { format, decompression, columns }: BlobDefinition,
  shown: string,
): AsyncGenerator<readonly Row[]> {
  let rows: RowsRead | null = null;
  try {
    const unpacked = decompress(bytes, decompression);
    rows = await readRows(unpacked, { format, columns: fieldsOf(columns) });
    requireColumns(rows, columns);
    const plan = planRows(rows.columns, columns, NO_SUBMISSION);
    for await (const batch of rows.batches) {
      yield batchOf(batch, plan, shown);
    }
    // where each row names its own fields, the last row may be the first to name a column
    requireColumns(rows, columns);
  } catch (error) {
    throw fileFailure(error, shown);
  } finally {
    await rows?.batches.return?.();
  }
}

function batchOf(batch: RowBatch, plan: RowPlan, shown: string): Row[] {
  const [unread] = batch.failures;
  if (unread !== undefined) {
    throw rowFailure(unread, shown);
  }
  const numbers = rowNumbers(batch);
  return batch.rows.map((row, index) => {
    const read = plan.read(row, numbers[index] as number);
    if ("failures" in read) {
      throw rowFailure(read.failures[0] as RowFailure, shown);
    }
    return read.cells.map((cell) => cell ?? null);
  });
}

const MAX_VALUE_CHARACTERS = 60;

function rowFailure(
  { row, field, value, reason }: ReadFailure | RowFailure,
  shown: string,
): AppError {
  const where = field === null ? "" : `, field ${JSON.stringify(field)}`;
  const what = value === null ? "" : ` ${JSON.stringify(shortened(value, MAX_VALUE_CHARACTERS))}`;
  return new AppError(
    field === null ? "source-invalid" : "conversion-failed",
    `Cannot read ${shown}: row ${row}${where}:${what} ${reason}`,
  );
}

function fileFailure(error: unknown, shown: string): unknown {
  if (error instanceof UnreadableFileError) {
    return new AppError("source-invalid", `Cannot read ${shown}: ${error.because}`, {
      cause: error,
    });
  }
  if (isAppError(error, "columns-missing")) {
    const because = error.message.slice(error.message.indexOf(": ") + 2);
    return new AppError("source-invalid", `Cannot read ${shown}: ${because}`, { cause: error });
  }
  return error;
}
