import { REASON_FIELD, REASON_MARK } from "../failed-row-fields.ts";
import { RowProblem, tooLong } from "../row-problem.ts";
import {
  MAX_COLUMNS,
  maxRowLength,
  type Pause,
  type ReaderRequest,
  type RowReader,
} from "../row-reader.ts";
import type { Cell } from "../rows.ts";
import { shortened } from "../shortened.ts";
import type { TextInput } from "../text/text-input.ts";
import { UnreadableFileError } from "../unreadable-file-error.ts";
import { type CsvRow, type CsvRowStart, csvSplitter, MAX_CELLS } from "./csv-rows.ts";
import type { CsvImport } from "./options.ts";
import { skipCsvRow } from "./skip-row.ts";

/**
 * Comma-separated values, RFC 4180.
 *
 * | what                               | how it is read                                                           |
 * |------------------------------------|--------------------------------------------------------------------------|
 * | line ends                          | CRLF, LF or CR, also mixed; the last one may be missing                  |
 * | `nullText` without quotes          | null                                                                     |
 * | anything in quotes, also `""`      | text, with line breaks and blanks as they are                            |
 * | blanks around a value              | kept                                                                     |
 * | empty line                         | not a row; in a file of one column, a row, whose value is null if `nullText` is `""` |
 * | quote in a value without quotes    | as `strayQuotes` says: the row is refused, or the quote is kept           |
 * | text after a closing quote         | the row is refused; the next line is read                                 |
 * | a quote that is never closed       | the row is refused and the next line is read; the file is refused if more text than the longest row follows |
 * | more or fewer values than columns  | the row is refused                                                       |
 * | a value or row that is too long    | the row is refused                                                       |
 * | header: an empty name, or a name twice | the file is refused                                                   |
 *
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
export const csvReader: RowReader<CsvImport> = function* csvReader({ options, input, sink }) {
  const maxLength = maxRowLength(options);
  const columns = yield* columnsOf(options, input, maxLength);
  sink.nameColumns(columns.names);
  const split = csvSplitter(options);
  while (input.at < input.text.length || !input.ended) {
    if (sink.full) {
      yield "full";
    }
    const row = split(input);
    if (lengthSoFar(row, input) > maxLength) {
      yield* skipCsvRow(input, options, sink.nextRow);
      sink.fail(new RowProblem(`is longer than ${maxLength} characters`), null);
    } else if (row.cells !== null) {
      take(row, columns, { input, sink });
    } else if (input.ended) {
      const raw = firstLine(input);
      sink.fail(new RowProblem("has a quote that is never closed"), raw);
    } else {
      yield "more";
    }
  }
};

function lengthSoFar(row: CsvRow | CsvRowStart, { text, at }: TextInput): number {
  return (row.cells === null ? text.length : row.end) - at;
}

function take(
  row: CsvRow,
  columns: CsvColumns,
  { input, sink }: Pick<ReaderRequest<CsvImport>, "input" | "sink">,
): void {
  const { text, at } = input;
  input.at = row.next;
  if (row.end === at && columns.width > 1) {
    return;
  }
  const cells = columns.cellsOf(row, row.end - at);
  if (cells instanceof RowProblem) {
    sink.fail(cells, text.slice(at, row.end));
  } else {
    sink.row(cells, row.end - at);
  }
}

/** Takes a line and ignores its quotes. */
function firstLine(input: TextInput): string {
  const { text, at } = input;
  const split = csvSplitter({
    delimiter: ",",
    quotes: "none",
    strayQuotes: "keep",
    nullText: "",
    maxFieldLength: 0,
  });
  const line = split({ text, at, ended: true }) as CsvRow;
  input.at = line.next;
  return text.slice(at, line.end);
}

interface CsvColumns {
  /** Names of the columns, without the reason why rows failed before. */
  readonly names: readonly string[];
  /** Number of values in a line, the reason included. */
  readonly width: number;
  /** @param length characters of the row */
  cellsOf(row: CsvRow, length: number): Cell[] | RowProblem;
}

/** Reads the columns' names from the header, where there is one. */
function* columnsOf(
  options: CsvImport,
  input: TextInput,
  maxLength: number,
): Generator<Pause, CsvColumns> {
  const { columns: names, maxFieldLength } = options;
  if (names !== undefined) {
    const check = rowCheck(names, maxFieldLength);
    const cellsOf = (row: CsvRow, length: number): Cell[] | RowProblem =>
      check(withoutMarkedReason(row), length);
    return { names, width: names.length, cellsOf };
  }
  const all = yield* header(options, input, maxLength);
  const check = rowCheck(all, maxFieldLength);
  const reasonAt = all.indexOf(REASON_FIELD);
  const cellsOf = (row: CsvRow, length: number): Cell[] | RowProblem => {
    const cells = check(row, length);
    return reasonAt === -1 || cells instanceof RowProblem ? cells : cells.toSpliced(reasonAt, 1);
  };
  return { names: all.filter((name) => name !== REASON_FIELD), width: all.length, cellsOf };
}

/** For a file of failed rows without a header. The reason starts with a mark, which tells it from a value. */
function withoutMarkedReason(row: CsvRow): CsvRow {
  return row.cells[0]?.startsWith(REASON_MARK) === true
    ? { ...row, cells: row.cells.slice(1) }
    : row;
}

function rowCheck(
  columns: readonly string[],
  maxFieldLength: number,
): (row: CsvRow, length: number) => Cell[] | RowProblem {
  return ({ cells, problem }, length) => {
    if (problem !== null) {
      return new RowProblem(problem);
    }
    if (cells.length !== columns.length) {
      return new RowProblem(`has ${countOf(cells)}, but the file has ${columns.length} columns`);
    }
    const long =
      length > maxFieldLength ? cells.findIndex((cell) => lengthOf(cell) > maxFieldLength) : -1;
    return long === -1
      ? cells
      : tooLong(columns[long] as string, cells[long] as string, maxFieldLength);
  };
}

function countOf({ length }: Cell[]): string {
  if (length >= MAX_CELLS) {
    return `${MAX_CELLS} values or more`;
  }
  return length === 1 ? "1 value" : `${length} values`;
}

function lengthOf(cell: Cell): number {
  return cell?.length ?? 0;
}

function* header(
  options: CsvImport,
  input: TextInput,
  maxLength: number,
): Generator<Pause, string[]> {
  // A name is never a null, whatever text stands for a null.
  const split = csvSplitter({ ...options, nullText: "\n" });
  while (input.at < input.text.length || !input.ended) {
    const row = split(input);
    if (row.cells !== null) {
      const isEmpty = row.end === input.at;
      input.at = row.next;
      if (!isEmpty) {
        return namesOf(row);
      }
    } else if (input.ended || input.text.length - input.at > maxLength) {
      throw new UnreadableFileError("its first line, which names the columns, does not end");
    } else {
      yield "more";
    }
  }
  throw new UnreadableFileError("it is empty: its first line should name the columns");
}

function namesOf({ cells, problem }: CsvRow): string[] {
  const names = cells as string[];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  const because =
    problem ??
    (names.includes("") ? `has no name for column ${names.indexOf("") + 1}` : null) ??
    (twice === undefined
      ? null
      : `names the column ${JSON.stringify(shortened(twice, 200))} twice`) ??
    (names.length > MAX_COLUMNS + 1 ? `names more than ${MAX_COLUMNS} columns` : null);
  if (because !== null) {
    throw new UnreadableFileError(`its first line ${because}`);
  }
  return names;
}
