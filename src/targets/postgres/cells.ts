import type { GivenCell, GivenRow } from "../../contracts/rows.ts";
import { plainDecimal } from "../../domain/values/decimal.ts";
import { arrayLiteral } from "./array-literal.ts";
import type { WritePlan } from "./insert.ts";
import type { TableColumn, TableType } from "./table.ts";

/**
 * From canonical cells to the text that PostgreSQL takes (under the settings of `transaction.ts`), and no further:
 * what PostgreSQL would take but change without a word is refused here.
 *
 * | PostgreSQL                     | taken                                                                            |
 * |--------------------------------|----------------------------------------------------------------------------------|
 * | numeric(p,s)                   | not with more than s decimals, zeros apart                                       |
 * | date                           | `YYYY-MM-DD`, nothing behind it, no words such as `today`                        |
 * | time                           | beginning with `HH:MM`                                                           |
 * | timestamp                      | ISO 8601; an instant as its wall-clock time in UTC                               |
 * | timestamptz                    | ISO 8601; a wall-clock time as one in UTC                                        |
 * | bytea                          | base64                                                                           |
 * | arrays                         | a JSON array, each element by this table; or PostgreSQL's own text, `{1,2}`      |
 * | anything else                  | what PostgreSQL reads; U+0000 and halves of character pairs in no type           |
 */
export interface CellProblem {
  /** Position of the column. */
  readonly index: number;
  /** Null: the value is not what the column's type takes. */
  readonly because: string | null;
}

/** Makes a writer of rows as lines of `COPY ... FROM STDIN` in text format, without the first columns. */
export function lineWriter(
  plan: Pick<WritePlan, "columns" | "key" | "whenAdded">,
): (row: GivenRow) => string | CellProblem {
  const fields = plan.columns.map((_, index) => fieldWriter(plan, index));
  const width = fields.length;
  return (row) => {
    if (row[0] === undefined && row.every((cell) => cell === undefined)) {
      return { index: 0, because: "must have a value: the row has none at all" };
    }
    let line = "";
    for (let index = 0; index < width; index += 1) {
      const written = (fields[index] as FieldWriter)(row[index]);
      if (typeof written !== "string") {
        return { index, because: written.because };
      }
      line += `\t${written}`;
    }
    return `${line}\n`;
  };
}

type FieldWriter = (cell: GivenCell) => string | Pick<CellProblem, "because">;

const NULL = "\\N";
const TELLS_ROWS_APART = { because: "must have a value: it tells rows apart" };

/**
 * Key columns that the table lets be null must have a value: such a row would never be found again. Where the table
 * does not, it says so itself, after its triggers had their chance. A key that is not mentioned would be a new one.
 */
function fieldWriter(
  { columns, key, whenAdded }: Parameters<typeof lineWriter>[0],
  index: number,
): FieldWriter {
  const { name, notNull, type } = columns[index] as TableColumn;
  const encode = encoder(type);
  const isKey = key?.includes(name) === true;
  const ofNull = isKey && !notNull ? TELLS_ROWS_APART : NULL;
  const write: FieldWriter = (cell) => {
    if (cell === null || cell === undefined) {
      return ofNull;
    }
    const text = encode === null ? cell : encode(cell);
    if (text === null) {
      return { because: null };
    }
    return NEEDS_CARE_REGEXP.test(text) ? withCare(text) : text;
  };
  const instead = whenAdded[index];
  const ofAbsent = isKey ? TELLS_ROWS_APART : instead === undefined ? NULL : write(instead);
  return (cell) => (cell === undefined ? ofAbsent : write(cell));
}

function withCare(text: string): ReturnType<FieldWriter> {
  if (text.includes("\0")) {
    return { because: "must not hold the character U+0000" };
  }
  return text.isWellFormed()
    ? text.replace(ESCAPED_REGEXP, escaped)
    : { because: "must not hold one half of a character pair" };
}

/** Null: the value is not what the type takes. */
type Encode = (cell: string) => string | null;

/** Any half of a character pair: whether it stands alone is then looked at with care. */
const NEEDS_CARE_REGEXP = /[\0\\\n\r\t\ud800-\udfff]/;
const ESCAPED_REGEXP = /[\\\n\r\t]/g;
const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function escaped(character: string): string {
  return ESCAPES[character] ?? character;
}

const BASE64_REGEXP = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const DATE_REGEXP = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;
const TIME_REGEXP = /^[0-9]{2}:[0-9]{2}/;
const TIMESTAMP_REGEXP = /^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}.*)?$/;

const ENCODERS: Readonly<Record<number, Encode>> = {
  17: (cell) =>
    BASE64_REGEXP.test(cell) ? `\\x${Buffer.from(cell, "base64").toString("hex")}` : null,
  1082: matching(DATE_REGEXP),
  1083: matching(TIME_REGEXP),
  1266: matching(TIME_REGEXP),
  1114: matching(TIMESTAMP_REGEXP),
  1184: matching(TIMESTAMP_REGEXP),
};
const NUMERIC = 1700;

function encoder({ id, modifier, element }: TableType): Encode | null {
  if (id === NUMERIC && modifier !== -1) {
    return withoutRounding(numericScale(modifier));
  }
  if (element === null) {
    return ENCODERS[id] ?? null;
  }
  const encodeElement = ENCODERS[element.id] ?? ((text: string) => text);
  return (cell) =>
    cell.startsWith("[") ? arrayLiteral(cell, element.delimiter, encodeElement) : cell;
}

function matching(pattern: RegExp): Encode {
  return (cell) => (pattern.test(cell) ? cell : null);
}

/** Digits before and after the decimal point that a numeric's modifier allows; after it since version 15 also below 0. */
export function numericScale(modifier: number): number {
  // Eleven bits, signed: numeric_typmod_scale() of the server.
  return (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
}

export function numericPrecision(modifier: number): number {
  return ((modifier - 4) >> 16) & 0xffff;
}

function withoutRounding(scale: number): Encode {
  return (cell) => {
    if (!/[.eE]/.test(cell) && scale >= 0) {
      return cell;
    }
    const plain = plainDecimal(cell);
    return plain === null || decimals(plain) <= scale ? cell : null;
  };
}

/** Digits after the decimal point that count; below 0: zeros before it. */
function decimals(plain: string): number {
  const [whole = "", fraction = ""] = plain.split(".");
  const counting = fraction.length - trailingZeros(fraction);
  if (counting > 0) {
    return counting;
  }
  const zeros = trailingZeros(whole);
  return /[1-9]/.test(whole) ? -zeros : Number.NEGATIVE_INFINITY;
}

/** By hand, because a pattern for it needs quadratic time. */
function trailingZeros(digits: string): number {
  let end = digits.length;
  while (digits.charAt(end - 1) === "0") {
    end -= 1;
  }
  return digits.length - end;
}
