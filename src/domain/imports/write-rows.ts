import { type RowBatch, rowNumbers } from "../../formats/row-sink.ts";
import type { GivenRow } from "../../formats/rows.ts";
import type { RowFailure, TargetWriter } from "../target.ts";
import type { RowPlan } from "./plan-rows.ts";

/** A refused row with all its failures. */
export interface BadRow {
  readonly number: number;
  /** Its cells in the file; its text when it could not be read; null when that is too long to be kept. */
  readonly values: GivenRow | string | null;
  readonly failures: readonly RowFailure[];
}

export interface RowWork {
  readonly batches: AsyncIterable<RowBatch>;
  readonly plan: RowPlan;
  readonly writer: TargetWriter;
  /** Numbers of rows so far. */
  readonly counts: { rows: number; invalidRows: number; refusedRows: number };
  /** Whether to end at the first bad row. */
  readonly stopAtBadRow: boolean;
  /** Takes the bad rows of a batch, in order. */
  onBadRows(rows: readonly BadRow[]): Promise<void>;
}

/**
 * Takes rows from the file to the target, batch by batch.
 *
 * For the target, the good rows have their own numbers. So a row's number depends only on the file and the definition,
 * wherever batches end.
 *
 * @returns the bad row at which it stopped; null: it reached the end of the file
 */
export async function writeRows(work: RowWork): Promise<BadRow | null> {
  const { counts, stopAtBadRow } = work;
  let written = 0;
  for await (const batch of work.batches) {
    const { good, bad: invalid } = sorted(batch, work.plan);
    counts.rows += batch.rows.length + batch.failures.length;
    counts.invalidRows += invalid.length;
    const stops = stopAtBadRow && invalid.length > 0;
    const refused = stops ? [] : await writeGood(work.writer, good, written + 1);
    counts.refusedRows += refused.length;
    written += good.length;
    const bad = [...invalid, ...refused].sort((a, b) => a.number - b.number);
    if (bad.length > 0) {
      await work.onBadRows(bad);
    }
    if (stopAtBadRow && bad[0] !== undefined) {
      return bad[0];
    }
  }
  return null;
}

interface GoodRow {
  readonly number: number;
  readonly source: GivenRow;
  readonly cells: GivenRow;
}

function sorted(batch: RowBatch, plan: RowPlan): { good: GoodRow[]; bad: BadRow[] } {
  const bad: BadRow[] = batch.failures.map(({ raw, ...failure }) => {
    return { number: failure.row, values: raw, failures: [failure] };
  });
  const good: GoodRow[] = [];
  const numbers = rowNumbers(batch);
  for (const [index, source] of batch.rows.entries()) {
    const number = numbers[index] ?? 0;
    const read = plan.read(source, number);
    if ("cells" in read) {
      good.push({ number, source, cells: read.cells });
    } else {
      bad.push({ number, values: source, failures: read.failures });
    }
  }
  return { good, bad };
}

/** @param firstNumber number of the first row, for the target */
async function writeGood(
  writer: TargetWriter,
  good: readonly GoodRow[],
  firstNumber: number,
): Promise<BadRow[]> {
  if (good.length === 0) {
    return [];
  }
  const failures = await writer.write(
    good.map(({ cells }) => cells),
    firstNumber,
  );
  const byRow = Map.groupBy(failures, ({ row }) => row);
  return [...byRow].map(([row, ofRow]) => {
    const found = good[row - firstNumber];
    if (found === undefined) {
      throw new Error(`the target refused row ${row}, which it did not get`);
    }
    const { number, source } = found;
    return {
      number,
      values: source,
      failures: ofRow.map((failure) => ({ ...failure, row: number })),
    };
  });
}
