import type { JsonLinesExport } from "../jsonl/options.ts";
import { NotRepresentableError } from "../not-representable.ts";
import type { Column, Row } from "../rows.ts";
import type { JsonExport } from "./options.ts";

/**
 * Rows as JSON objects, RFC 8259: the writing rules that `json` and `jsonl` share. An object never holds a line break.
 *
 * | what                     | how it is written                                                                   |
 * |--------------------------|-------------------------------------------------------------------------------------|
 * | null                     | `null`; with `nulls: "omit"` the member is left out                                 |
 * | empty text               | `""`                                                                                |
 * | integer, decimal         | a number token with every digit (`9223372036854775807`, `1.50`); a string when `integers` or `decimals` say so |
 * | double                   | a number token; NaN and infinities as `nonFinite` says: refused, `null`, or a string |
 * | boolean                  | `true`, `false`                                                                     |
 * | date, time, instant, uuid | a string with the canonical text: ISO 8601, instants in UTC with `Z`               |
 * | json                     | the value itself, embedded; line breaks between its tokens become spaces            |
 * | binary                   | a string, base64                                                                    |
 * | quotes, backslash, control characters | escaped                                                               |
 * | U+0085, U+2028, U+2029   | escaped, because some readers of lines end a line there                             |
 * | emoji                    | as they are                                                                         |
 * | lone surrogate           | U+FFFD, because no Unicode encoding can hold it                                     |
 * | column names             | any text; a name that stands twice is refused                                       |
 *
 * @see https://www.rfc-editor.org/rfc/rfc8259
 */
export function jsonRows(columns: readonly Column[], options: JsonOptions): (row: Row) => string {
  const names = new Set(columns.map(({ name }) => name));
  if (names.size !== columns.length) {
    throw new RangeError("Cannot write JSON objects: a column's name stands twice");
  }
  const width = columns.length;
  const cells = columns.map((column) => cellWriter(column, options));
  const keys = columns.map(({ name }) => `${jsonString(name)}:`);
  const omitNulls = options.nulls === "omit";

  return (row) => {
    let text = "{";
    let separator = "";
    for (let index = 0; index < width; index += 1) {
      const cell = row[index] as string | null;
      if (cell !== null) {
        text += separator + keys[index] + (cells[index] as CellWriter)(cell);
        separator = ",";
      } else if (!omitNulls) {
        text += `${separator}${keys[index]}null`;
        separator = ",";
      }
    }
    return `${text}}`;
  };
}

type JsonOptions = JsonExport | JsonLinesExport;
type CellWriter = (cell: string) => string;

const NUMBER_REGEXP = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
// The class lists allowed characters, because control characters cannot be named in a class.
const NEEDS_ESCAPE_REGEXP =
  /[^\u0020\u0021\u0023-\u005B\u005D-\u0084\u0086-\u2027\u202A-\uD7FF\uE000-\uFFFF]/;
const LINE_SEPARATORS_REGEXP = /[\u0085\u2028\u2029]/g;
const NON_FINITE: ReadonlySet<string> = new Set(["NaN", "Infinity", "-Infinity"]);
const LINE_BREAKS_REGEXP = /[\r\n]+/g;

function cellWriter(column: Column, options: JsonOptions): CellWriter {
  const number: CellWriter = (cell) => token(NUMBER_REGEXP.test(cell), column, cell);
  switch (column.type) {
    case "boolean":
      return (cell) => token(cell === "true" || cell === "false", column, cell);
    case "integer":
      return options.integers === "string" ? jsonString : number;
    case "decimal":
      return options.decimals === "string" ? jsonString : number;
    case "double":
      return (cell) => (NON_FINITE.has(cell) ? nonFinite(column, cell, options) : number(cell));
    case "json":
      return (cell) => embedded(column, cell);
    default:
      return jsonString;
  }
}

/** Tokens are checked: a source with a fault must not break the file. */
function token(valid: boolean, column: Column, cell: string): string {
  if (!valid) {
    throw new NotRepresentableError(
      column.name,
      cell,
      `is not a valid ${column.type} in canonical form`,
    );
  }
  return cell;
}

function nonFinite(column: Column, cell: string, options: JsonOptions): string {
  if (options.nonFinite === "refuse") {
    throw new NotRepresentableError(column.name, cell, "is not a JSON number");
  }
  return options.nonFinite === "null" ? "null" : jsonString(cell);
}

function embedded(column: Column, cell: string): string {
  try {
    JSON.parse(cell);
  } catch {
    throw new NotRepresentableError(column.name, cell, "is not JSON text");
  }
  const oneLine = cell.replace(LINE_BREAKS_REGEXP, " ").replace(LINE_SEPARATORS_REGEXP, escaped);
  return oneLine.toWellFormed();
}

function jsonString(text: string): string {
  return NEEDS_ESCAPE_REGEXP.test(text)
    ? JSON.stringify(text.toWellFormed()).replace(LINE_SEPARATORS_REGEXP, escaped)
    : `"${text}"`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
