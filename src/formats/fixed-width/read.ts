import { REASON_MARK } from "../failed-row-fields.ts";
import { RowProblem, tooLong } from "../row-problem.ts";
import { maxRowLength, type RowReader } from "../row-reader.ts";
import type { Cell } from "../rows.ts";
import { eachLine } from "../text/text-lines.ts";
import type { FixedColumn, FixedWidthImport } from "./options.ts";

/**
 * Lines whose values stand at fixed positions, counted in Unicode code points.
 *
 * | what                               | how it is read                                                      |
 * |------------------------------------|---------------------------------------------------------------------|
 * | line ends                          | LF or CRLF; the last one may be missing                             |
 * | padding                            | removed from the ends that `trim` names; if all are zeros, the last one stays |
 * | only padding                       | null or an empty text, as `blank` says                              |
 * | a line that ends too early         | the row is refused, or the line is padded, as `shortLines` says     |
 * | text after the last column         | the row is refused, unless the text is blank                        |
 * | an empty line                      | not a row                                                           |
 * | text between columns               | skipped                                                             |
 */
export const fixedWidthReader: RowReader<FixedWidthImport> = ({ options, input, sink }) => {
  const width = Math.max(...options.columns.map(({ start, length }) => start - 1 + length));
  sink.nameColumns(options.columns.map(({ name }) => name));
  let headerIsNext = options.header;

  const take = (line: string): void => {
    if (line === "" || line.startsWith(REASON_MARK)) {
      return;
    }
    if (headerIsNext) {
      headerIsNext = false;
      return;
    }
    const cells = cellsOf(line, width, options);
    if (cells instanceof RowProblem) {
      sink.fail(cells, line);
    } else {
      sink.row(cells, line.length);
    }
  };
  return eachLine({ input, sink, maxLength: maxRowLength(options), take });
};

function cellsOf(line: string, width: number, options: FixedWidthImport): Cell[] | RowProblem {
  // Code points are counted only for lines that have surrogates: counting is slow.
  const points = SURROGATE_REGEXP.test(line) ? [...line] : line;
  if (points.length < width && options.shortLines === "refuse") {
    return new RowProblem(`has ${points.length} characters, but its columns take ${width}`);
  }
  if (points.length > width) {
    const rest = textOf(points.slice(width));
    if (rest.trim() !== "") {
      return new RowProblem(`has text after its last column, which ends at ${width}`, {
        value: rest,
      });
    }
  }
  const cells: Cell[] = [];
  for (const column of options.columns) {
    const from = column.start - 1;
    const value = trimmed(textOf(points.slice(from, from + column.length)), column);
    if (value.length > options.maxFieldLength) {
      return tooLong(column.name, value, options.maxFieldLength);
    }
    cells.push(value === "" && options.blank === "null" ? null : value);
  }
  return cells;
}

const SURROGATE_REGEXP = /[\uD800-\uDFFF]/;

function textOf(points: string | readonly string[]): string {
  return typeof points === "string" ? points : points.join("");
}

function trimmed(text: string, { pad, trim }: FixedColumn): string {
  const least = pad === "0" ? 1 : 0;
  let start = 0;
  let end = text.length;
  if (trim === "start" || trim === "both") {
    while (text[start] === pad && end - start > least) {
      start += 1;
    }
  }
  if (trim === "end" || trim === "both") {
    while (text[end - 1] === pad && end - start > least) {
      end -= 1;
    }
  }
  return text.slice(start, end);
}
