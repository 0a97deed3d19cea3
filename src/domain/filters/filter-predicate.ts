import type { Cell, Column, Row } from "../../formats/rows.ts";
import { AppError } from "../errors.ts";
import { readTime, sortableDateTime } from "../values/date-time.ts";
import { compareDecimals, plainDecimal } from "../values/decimal.ts";
import { GUID_REGEXP } from "../values/guid.ts";
import { quotedList } from "../values/quoted-list.ts";
import { type Condition, compareTexts, compileFilter, ORDER_TESTS } from "./evaluate.ts";
import type { ComparisonOperator, FilterExpression, Literal } from "./filter-expression.ts";

/**
 * Compiles a filter on rows.
 *
 * Values are compared exactly, by their column's type. Numbers are compared by all their digits, a double by its
 * shortest text, instants to the last digit of a second. Text is compared by UTF-16 code units, a UUID in any case.
 *
 * | column             | literal                                                              |
 * |--------------------|----------------------------------------------------------------------|
 * | string             | `'text'`; only strings have `startswith endswith contains`           |
 * | boolean            | `true`, `false`                                                      |
 * | integer, decimal, double | a number                                                       |
 * | date               | a date                                                               |
 * | datetime           | an instant with its zone, or a date (midnight in UTC)                |
 * | local-datetime     | a date with a time and no zone, or a date (midnight)                 |
 * | time, uuid         | `'08:30:00'`, `'6d31e09f-0249-4c3a-9f00-0123456789ab'`               |
 * | json, binary       | none                                                                 |
 * | all                | `null`, by `eq`, `ne` and `in`                                       |
 *
 * @throws AppError `filter-invalid` when a name is not a column, or a literal does not fit its column
 */
export function filterPredicate(
  expression: FilterExpression,
  columns: readonly Column[],
): (row: Row) => boolean {
  const condition = compileFilter<Row>(expression, {
    compare: (name, operator, literal) => {
      const index = indexOf(name, columns);
      return comparison(columns[index] as Column, index, { operator, literal });
    },
    text: (name, matches) => {
      const index = indexOf(name, columns);
      requireText(columns[index] as Column);
      return (row) => {
        const cell = row[index] as Cell;
        return cell === null ? null : matches(cell);
      };
    },
  });
  return (row) => condition(row) === true;
}

function indexOf(name: string, columns: readonly Column[]): number {
  const index = columns.findIndex((column) => column.name === name);
  if (index === -1) {
    throw new AppError(
      "filter-invalid",
      `Cannot filter by column "${name}": the source has only ${quotedList(columns.map((column) => column.name))}`,
    );
  }
  return index;
}

function requireText(column: Column): void {
  if (column.type !== "string") {
    throw new AppError(
      "filter-invalid",
      `Cannot search for text in column "${column.name}": it is of type ${column.type}`,
    );
  }
}

function comparison(
  column: Column,
  index: number,
  { operator, literal }: { operator: ComparisonOperator; literal: Literal },
): Condition<Row> {
  if (literal.type === "null") {
    const wanted = operator === "eq";
    return (row) => (row[index] === null) === wanted;
  }
  const order = orderBy(column, literal);
  const test = ORDER_TESTS[operator];
  const ofNull = operator === "ne";
  return (row) => {
    const cell = row[index] as Cell;
    return cell === null ? ofNull : test(order(cell));
  };
}

type Order = (cell: string) => number;
type ValueLiteral = Exclude<Literal, { type: "null" }>;

function orderBy(column: Column, literal: ValueLiteral): Order {
  const order = ORDERS[column.type]?.(literal) ?? null;
  if (order === null) {
    const shown = literal.type === "string" ? `'${literal.value}'` : literal.value;
    throw new AppError(
      "filter-invalid",
      `Cannot compare column "${column.name}" with ${shown}: it is of type ${column.type}`,
    );
  }
  return order;
}

/** Null: the literal does not fit. */
const ORDERS: Readonly<Partial<Record<Column["type"], (literal: ValueLiteral) => Order | null>>> = {
  string: (literal) =>
    literal.type === "string" ? (cell) => compareTexts(cell, literal.value) : null,
  boolean: (literal) =>
    literal.type === "boolean" ? (cell) => (cell === String(literal.value) ? 0 : 1) : null,
  integer: numberOrder,
  decimal: numberOrder,
  double: (literal) => {
    const order = numberOrder(literal);
    return order === null ? null : (cell) => doubleOrder(cell, order);
  },
  date: (literal) => dateTimeOrder(literal, ["date"]),
  datetime: (literal) => dateTimeOrder(literal, ["date", "datetime"]),
  "local-datetime": (literal) => dateTimeOrder(literal, ["date", "local-datetime"]),
  time: (literal) => {
    const time = literal.type === "string" ? readTime(literal.value) : null;
    return time === null ? null : sortableOrder(time);
  },
  uuid: (literal) => {
    const uuid = literal.type === "string" ? literal.value.toLowerCase() : "";
    return GUID_REGEXP.test(uuid) ? (cell) => compareTexts(cell, uuid) : null;
  },
};

function numberOrder(literal: ValueLiteral): Order | null {
  return literal.type === "number" ? (cell) => compareDecimals(cell, literal.value) : null;
}

function doubleOrder(cell: string, order: Order): number {
  const plain = plainDecimal(cell);
  if (plain !== null) {
    return order(plain);
  }
  return cell === "Infinity" ? 1 : cell === "-Infinity" ? -1 : Number.NaN;
}

function dateTimeOrder(literal: ValueLiteral, types: readonly Literal["type"][]): Order | null {
  return types.includes(literal.type) ? sortableOrder(String(literal.value)) : null;
}

function sortableOrder(value: string): Order {
  const sortable = sortableDateTime(value);
  return (cell) => compareTexts(sortableDateTime(cell), sortable);
}
