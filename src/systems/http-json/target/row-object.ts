import { isForeignJson } from "../../../formats/json/bounded-json.ts";
import type { Column, ColumnType, GivenCell, GivenRow } from "../../../formats/rows.ts";
import type { HttpJsonTargetDefinition } from "./definition.ts";
import type { UnsendableRow } from "./row-problem.ts";

/**
 * Rows as JSON objects, RFC 8259.
 *
 * | type             | how it is written                                                                        |
 * |------------------|------------------------------------------------------------------------------------------|
 * | integer, decimal | a number with every digit (`9223372036854775807`, `1.50`), or a string if chosen         |
 * | double           | a number; NaN and infinities are refused                                                 |
 * | boolean          | `true`, `false`                                                                          |
 * | json             | the value itself, embedded                                                               |
 * | binary           | a string, base64                                                                         |
 * | anything else    | a string with the canonical text                                                         |
 *
 * A column that the file does not mention is never a member, whatever `nulls` says.
 */
export type RowObject = (row: GivenRow) => string | UnsendableRow;

type Options = Pick<HttpJsonTargetDefinition, "integers" | "decimals" | "nulls">;

/** @param leftOut positions of columns that are not members */
export function rowObject(
  columns: readonly Column[],
  options: Options,
  leftOut: ReadonlySet<number>,
): RowObject {
  const members = columns.flatMap((column, index) =>
    leftOut.has(index)
      ? []
      : [
          {
            index,
            start: `${JSON.stringify(column.name)}:`,
            value: valueWriter(column.type, options),
          },
        ],
  );
  return (row) => {
    const written: string[] = [];
    for (const { index, start, value } of members) {
      const text = value(row[index]);
      if (typeof text === "object" && text !== null) {
        return { index, reason: text.reason };
      }
      if (text !== null) {
        written.push(start + text);
      }
    }
    return `{${written.join(",")}}`;
  };
}

/** The text before and after the object or the array in a body: `data.rows` becomes `{"data":{"rows":` and `}}`. */
export function around(rowsAt: string): readonly [string, string] {
  const names = rowsAt === "" ? [] : rowsAt.split(".");
  return [names.map((name) => `{${JSON.stringify(name)}:`).join(""), "}".repeat(names.length)];
}

/** Null: the member is left out. */
type ValueWriter = (cell: GivenCell) => string | null | Pick<UnsendableRow, "reason">;

const NUMBER_REGEXP = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

function valueWriter(type: ColumnType, { integers, decimals, nulls }: Options): ValueWriter {
  const write = textWriter(type, {
    asString: (type === "integer" ? integers : decimals) === "string",
  });
  const ofNull = nulls === "write" ? "null" : null;
  return (cell) => {
    if (cell === undefined) {
      return null;
    }
    return cell === null ? ofNull : write(cell);
  };
}

function textWriter(
  type: ColumnType,
  { asString }: { asString: boolean },
): (cell: string) => string | Pick<UnsendableRow, "reason"> {
  switch (type) {
    case "integer":
    case "decimal":
      return asString ? JSON.stringify : number;
    case "double":
      return number;
    case "boolean":
      return (cell) =>
        cell === "true" || cell === "false" ? cell : { reason: "must be true or false" };
    case "json":
      return (cell) => (isForeignJson(cell) ? cell : { reason: "must be a JSON text" });
    default:
      return JSON.stringify;
  }
}

function number(cell: string): string | Pick<UnsendableRow, "reason"> {
  return NUMBER_REGEXP.test(cell) ? cell : { reason: "must be a number that JSON can hold" };
}
