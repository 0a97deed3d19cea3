import { readDateTime, sortableDateTime } from "../values/date-time.ts";
import { compareDecimals, plainDecimal } from "../values/decimal.ts";
import { compareTexts, compileFilter, ORDER_TESTS } from "./evaluate.ts";
import type { FilterExpression, Literal } from "./filter-expression.ts";

/** Properties of an event's file, by name. */
export type Properties = Readonly<Record<string, string | number | boolean | null>>;

/**
 * Compiles a filter on the properties of events.
 *
 * A missing property is null. A value of another type than the literal's is unknown: neither the comparison nor its
 * negation takes it. Events hold dates and instants as text. So a date literal is compared with any text that reads as
 * a date or an instant; a date stands for its midnight in UTC.
 */
export function propertiesPredicate(
  expression: FilterExpression,
): (properties: Properties) => boolean {
  const condition = compileFilter<Properties>(expression, {
    compare: (name, operator, literal) => {
      if (literal.type === "null") {
        const wanted = operator === "eq";
        return (properties) => (propertyOf(properties, name) === null) === wanted;
      }
      const test = ORDER_TESTS[operator];
      const ofNull = operator === "ne";
      return (properties) => {
        const value = propertyOf(properties, name);
        if (value === null) {
          return ofNull;
        }
        const order = orderOf(value, literal);
        return order === null ? null : test(order);
      };
    },
    text: (name, matches) => (properties) => {
      const value = propertyOf(properties, name);
      return typeof value === "string" ? matches(value) : null;
    },
  });
  return (properties) => condition(properties) === true;
}

/** Own properties only, so that "constructor" is a name like any other. */
function propertyOf(properties: Properties, name: string): string | number | boolean | null {
  return Object.hasOwn(properties, name) ? (properties[name] ?? null) : null;
}

/** @returns null when the two are of different types */
function orderOf(
  value: string | number | boolean,
  literal: Exclude<Literal, { type: "null" }>,
): number | null {
  switch (literal.type) {
    case "string":
      return typeof value === "string" ? compareTexts(value, literal.value) : null;
    case "boolean":
      return typeof value === "boolean" ? Number(value) - Number(literal.value) : null;
    case "number":
      return typeof value === "number" ? numberOrder(value, literal.value) : null;
    default:
      return typeof value === "string" ? dateTimeOrder(value, literal) : null;
  }
}

function numberOrder(value: number, literal: string): number {
  const plain = plainDecimal(String(value));
  return plain === null ? value : compareDecimals(plain, literal);
}

function dateTimeOrder(
  value: string,
  literal: Extract<Literal, { type: "date" | "datetime" | "local-datetime" }>,
): number | null {
  const read = readDateTime(value);
  const comparable =
    read !== null &&
    (read.type === literal.type || read.type === "date" || literal.type === "date");
  return comparable
    ? compareTexts(sortableDateTime(read.value), sortableDateTime(literal.value))
    : null;
}
