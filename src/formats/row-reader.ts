import type { RowSink } from "./row-sink.ts";
import type { TextInput } from "./text/text-input.ts";

/** Reason for a reader's pause: it needs more text, or the full batch has to be taken. */
export type Pause = "more" | "full";

/**
 * Turns the text of one file into rows. Pure: the pipeline around it fetches, unpacks, decodes and hands out batches.
 *
 * Takes the text of its input. Yields `more` when the text does not hold a whole row, and `full` when the sink is full.
 * Ends after the last row.
 *
 * @throws UnreadableFileError when the rest of the file cannot be read
 */
export type RowReader<Options> = (request: ReaderRequest<Options>) => Generator<Pause, void, void>;

export interface ReaderRequest<Options> {
  readonly options: Options;
  /**
   * Fields that the import declares; undefined: the fields of the first row. Only for rows that name their own fields.
   */
  readonly declared: readonly string[] | undefined;
  readonly input: TextInput;
  readonly sink: RowSink;
}

/** Characters of the longest row in the file: room for some values of the greatest length. */
export function maxRowLength({ maxFieldLength }: { readonly maxFieldLength: number }): number {
  return Math.max(4_194_304, 2 * maxFieldLength);
}

export const MAX_COLUMNS = 1_000;
