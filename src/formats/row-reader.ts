import type { RowImportFormat } from "./import-format.ts";
import type { RowSink } from "./row-sink.ts";
import type { TextInput } from "./text/text-input.ts";

/** What a reader waits for: more text in its input, or that the full batch is taken. */
export type Pause = "more" | "full";

/**
 * Turns the text of one file into rows. Pure: the pipeline around it fetches, unpacks, decodes and hands out batches.
 *
 * Takes the text that its input has, yields `more` when that does not hold a whole row, and `full` when the sink is
 * full. Ends after the last row.
 *
 * @throws UnreadableFileError when the file cannot be read on
 */
export type RowReader<Options> = (request: ReaderRequest<Options>) => Generator<Pause, void, void>;

export interface ReaderRequest<Options> {
  readonly options: Options;
  /** Fields that the import declares; undefined: those of the first row. Only for rows that name their own fields. */
  readonly declared: readonly string[] | undefined;
  readonly input: TextInput;
  readonly sink: RowSink;
}

/** Characters of the longest row as it stands in the file: room for some values of the greatest length. */
export function maxRowLength({ maxFieldLength }: RowImportFormat): number {
  return Math.max(4_194_304, 2 * maxFieldLength);
}

export const MAX_COLUMNS = 1_000;
