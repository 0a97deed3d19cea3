import type { GivenCell, GivenRow } from "../../../formats/rows.ts";
import { type Encode, encoder, type Misfit } from "./encoders.ts";
import type { WritePlan } from "./insert.ts";
import type { TargetColumn } from "./target-table.ts";

/**
 * Writes canonical cells as lines of COPY. `encoders.ts` describes the values of each type. No type can hold U+0000 or
 * half a character pair.
 */
export interface UnwritableCell {
  /** Position of the column. */
  readonly index: number;
  /** Null: the value does not fit the column's type. */
  readonly because: string | null;
  /** The value that PostgreSQL would store, where it accepts the value and changes it. */
  readonly stored?: string;
}

/** Makes a writer of rows as lines of `COPY ... FROM STDIN` in text format, without the first columns. */
export function lineWriter(
  plan: Pick<WritePlan, "columns" | "key" | "whenAdded" | "round">,
): (row: GivenRow) => string | UnwritableCell {
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
        return { index, ...written };
      }
      line += `\t${written}`;
    }
    return `${line}\n`;
  };
}

type FieldWriter = (cell: GivenCell) => string | Misfit;

const NULL = "\\N";
const TELLS_ROWS_APART = { because: "must have a value: it tells rows apart" };

/**
 * A key column must have a value even where the table allows null: a row without it would never be found again. Where
 * the table forbids null, the table itself refuses, after its triggers. A key that is not mentioned would become a new
 * one.
 */
function fieldWriter(
  { columns, key, whenAdded, round }: Parameters<typeof lineWriter>[0],
  index: number,
): FieldWriter {
  const { name, notNull, type } = columns[index] as TargetColumn;
  const encode: Encode | null = encoder(type, round[index]);
  const isKey = key?.includes(name) === true;
  const ofNull = isKey && !notNull ? TELLS_ROWS_APART : NULL;
  const write: FieldWriter = (cell) => {
    if (cell === null || cell === undefined) {
      return ofNull;
    }
    const text = encode === null ? cell : encode(cell);
    if (typeof text !== "string") {
      return text;
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

/** Any half of a character pair. A slower check then finds out whether it stands alone. */
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
