import { NotRepresentableError } from "../not-representable.ts";
import type { Cell, Column, ColumnType, Row } from "../rows.ts";
import type { TextWriter } from "../text/text-writer.ts";
import type { CsvExport } from "./options.ts";

/**
 * Comma-separated values, RFC 4180.
 *
 * | what                      | how it is written                                                                 |
 * |---------------------------|-----------------------------------------------------------------------------------|
 * | null                      | `nullText` (empty by default), never in quotes                                    |
 * | empty text                | `""`, always in quotes, so that it differs from a null                            |
 * | text that reads `nullText` | in quotes                                                                         |
 * | number                    | its canonical text: every digit, `.` as decimal point, no grouping; `NaN`, `Infinity`, `-Infinity` |
 * | boolean                   | the words of `booleans`                                                           |
 * | date, time, instant       | its canonical text: ISO 8601, instants in UTC with `Z`                            |
 * | json, binary              | the JSON text, base64                                                             |
 * | quote                     | doubled, the value in quotes                                                      |
 * | line breaks in a value    | kept byte for byte, the value in quotes                                           |
 * | blanks at a value's ends  | kept, the value in quotes, because some readers trim unquoted values              |
 * | control characters, emoji | as they are                                                                       |
 * | `= + - @ TAB CR LF` first in text, also the full-width forms | as they are; with `excelSafe` an apostrophe before them    |
 * | column names              | quoted like text                                                                  |
 *
 * Every line ends with `lineEnd`, the last one too. A file of a single column writes a null as an empty line, which
 * many readers skip. Choose a `nullText` for such a file.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4180
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
export function csvWriter(
  columns: readonly Column[],
  _entity: string,
  options: CsvExport,
): TextWriter {
  const { delimiter } = options;
  const lineEnd = options.lineEnd === "crlf" ? "\r\n" : "\n";
  const byteOrderMark = (options.bom ?? options.encoding === "utf-16le") ? "\uFEFF" : "";
  const cells = columns.map((column) => cellWriter(column, options));
  const width = cells.length;
  const header = columns.map(({ name }) => cellWriter({ name, type: "string" }, options)(name));

  return {
    start: () => byteOrderMark + (options.header ? header.join(delimiter) + lineEnd : ""),
    rows: (batch: readonly Row[]) => {
      let text = "";
      for (const row of batch) {
        for (let index = 0; index < width; index += 1) {
          const written = (cells[index] as CellWriter)(row[index] as Cell);
          text += index === 0 ? written : delimiter + written;
        }
        text += lineEnd;
      }
      return text;
    },
    end: () => "",
  };
}

type CellWriter = (cell: Cell) => string;

const FORMULA_REGEXP = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;
const NUMBERS_AND_BOOLEANS: ReadonlySet<ColumnType> = new Set([
  "boolean",
  "integer",
  "decimal",
  "double",
]);
const FREE_TEXT: ReadonlySet<ColumnType> = new Set(["string", "json", "binary"]);

function cellWriter(column: Column, options: CsvExport): CellWriter {
  const { nullText } = options;
  const toText = quoting(column, options);
  if (column.type === "boolean") {
    const words = new Map<Cell, string>([
      [null, nullText],
      ["true", toText(options.booleans.true)],
      ["false", toText(options.booleans.false)],
    ]);
    return (cell) => words.get(cell) ?? notBoolean(column, cell);
  }
  if (options.excelSafe && FREE_TEXT.has(column.type)) {
    return (cell) =>
      cell === null ? nullText : toText(FORMULA_REGEXP.test(cell) ? `'${cell}` : cell);
  }
  return (cell) => (cell === null ? nullText : toText(cell));
}

function notBoolean(column: Column, cell: Cell): never {
  throw new NotRepresentableError(
    column.name,
    String(cell),
    "is not a valid boolean in canonical form",
  );
}

/** Numbers are checked like text: a source with a fault must not break the file. */
function quoting(column: Column, options: CsvExport): (text: string) => string {
  const always =
    options.quoting === "all" ||
    (options.quoting === "text" && !NUMBERS_AND_BOOLEANS.has(column.type));
  if (always) {
    return quoted;
  }
  const { nullText } = options;
  // An escaped hexadecimal code unit always means the delimiter itself, even if the delimiter is special inside a
  // class.
  const delimiter = `\\u${options.delimiter.charCodeAt(0).toString(16).padStart(4, "0")}`;
  const needsQuotes = new RegExp(`[${delimiter}"\\r\\n]|^\\s|\\s$|^$`);
  return (text) => (text === nullText || needsQuotes.test(text) ? quoted(text) : text);
}

function quoted(text: string): string {
  return text.includes('"') ? `"${text.replaceAll('"', '""')}"` : `"${text}"`;
}
