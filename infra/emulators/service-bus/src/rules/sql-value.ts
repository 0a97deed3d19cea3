import type { AmqpType, AmqpValue } from "../broker/types.ts";
import type { ArithmeticOperator } from "./sql-tree.ts";
import { NULL } from "./system-property.ts";

/** Values of one family can be compared, whatever their wire types. */
type Family = "boolean" | "number" | "text" | "uuid" | "instant" | "timespan";

interface Comparable {
  readonly family: Family;
  readonly value: boolean | number | bigint | string;
}

const FAMILY_OF_TYPE: Readonly<Partial<Record<AmqpType, Family>>> = {
  boolean: "boolean",
  ubyte: "number",
  ushort: "number",
  uint: "number",
  ulong: "number",
  byte: "number",
  short: "number",
  int: "number",
  long: "number",
  float: "number",
  double: "number",
  timestamp: "instant",
  string: "text",
  symbol: "text",
  char: "text",
  uuid: "uuid",
};

const INTEGERS: ReadonlySet<AmqpType> = new Set<AmqpType>([
  "ubyte",
  "ushort",
  "uint",
  "ulong",
  "byte",
  "short",
  "int",
  "long",
]);

/** .NET counts units of 100 ns from the year 1. */
const TICKS_PER_MS = 10_000n;
const TICKS_AT_EPOCH = 621_355_968_000_000_000n;

const MIN_LONG = -(2n ** 63n);
const MAX_LONG = 2n ** 63n - 1n;
/**
 * A longer text could not be used, because a message header may not be larger. Repeated `a + a` would fill the memory.
 */
const MAX_TEXT_LENGTH = 65_536;

function comparable(value: AmqpValue): Comparable | null {
  if (value.type === "described") {
    return comparableOfDotNet(value.descriptor, value.value);
  }
  const family = FAMILY_OF_TYPE[value.type];
  return family === undefined ? null : { family, value: value.value as Comparable["value"] };
}

/** The two .NET types that the .NET SDK sends as described ticks. */
function comparableOfDotNet(descriptor: AmqpValue, ticks: AmqpValue): Comparable | null {
  if (ticks.type !== "long") {
    return null;
  }
  switch (descriptor.value) {
    case "com.microsoft:timespan":
      return { family: "timespan", value: ticks.value };
    case "com.microsoft:datetime-offset":
      return { family: "instant", value: Number((ticks.value - TICKS_AT_EPOCH) / TICKS_PER_MS) };
    default:
      return null;
  }
}

/**
 * Compares typed values: all numbers by their mathematical value, text by code units, so case matters.
 *
 * @returns negative, 0 or positive; null when the values have no common family, or one is null or NaN
 */
export function compareValues(left: AmqpValue, right: AmqpValue): number | null {
  const a = comparable(left);
  const b = comparable(right);
  if (a === null || b === null || a.family !== b.family) {
    return null;
  }
  if (a.value < b.value) {
    return -1;
  }
  if (a.value > b.value) {
    return 1;
  }
  // NaN is neither less, greater nor equal. A bigint and a double are never `===`.
  return a.value <= b.value ? 0 : null;
}

/** Whether `<` and similar operators apply to the value; booleans and identifiers have only equality. */
export function isOrdered(value: AmqpValue): boolean {
  const family = comparable(value)?.family;
  return family !== undefined && family !== "boolean" && family !== "uuid";
}

/** The number as an integer or a double; null when the value is not a number. */
function numeric(value: AmqpValue): bigint | number | null {
  if (value.type === "float" || value.type === "double") {
    return value.value;
  }
  return INTEGERS.has(value.type) ? BigInt(value.value as number | bigint) : null;
}

/**
 * Computes as C# does: integers in 64 bits with division towards zero, doubles if one side is a double, `+` joins text
 * with text, numbers, booleans and GUIDs.
 *
 * @returns the null value ("unknown") where C# would fail: other types, division by zero, more than 64 bits
 */
export function calculate(
  operator: ArithmeticOperator,
  left: AmqpValue,
  right: AmqpValue,
): AmqpValue {
  const a = numeric(left);
  const b = numeric(right);
  if (a === null || b === null) {
    return operator === "+" ? joined(left, right) : NULL;
  }
  return typeof a === "bigint" && typeof b === "bigint"
    ? calculateLong(operator, a, b)
    : { type: "double", value: calculateDouble(operator, Number(a), Number(b)) };
}

function calculateLong(operator: ArithmeticOperator, a: bigint, b: bigint): AmqpValue {
  if (b === 0n && (operator === "/" || operator === "%")) {
    return NULL;
  }
  const compute: Record<ArithmeticOperator, () => bigint> = {
    "+": () => a + b,
    "-": () => a - b,
    "*": () => a * b,
    "/": () => a / b,
    "%": () => a % b,
  };
  const value = compute[operator]();
  return value < MIN_LONG || value > MAX_LONG ? NULL : { type: "long", value };
}

function calculateDouble(operator: ArithmeticOperator, a: number, b: number): number {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    case "%":
      return a % b;
  }
}

function joined(left: AmqpValue, right: AmqpValue): AmqpValue {
  const a = textOf(left);
  const b = textOf(right);
  const hasText = isText(left) || isText(right);
  return a === null || b === null || !hasText || a.length + b.length > MAX_TEXT_LENGTH
    ? NULL
    : { type: "string", value: a + b };
}

export const isText = (
  value: AmqpValue,
): value is AmqpValue & { readonly type: "string" | "symbol" | "char" } =>
  FAMILY_OF_TYPE[value.type] === "text";

/** The value as text; null for a value without a text (null, binary, times, collections). */
export function textOf(value: AmqpValue): string | null {
  switch (FAMILY_OF_TYPE[value.type]) {
    case "boolean":
      return value.value === true ? "True" : "False";
    case "number":
    case "text":
    case "uuid":
      return String(value.value);
    default:
      return null;
  }
}

/** Gives a number the numeric type of `model` if it fits exactly; otherwise the value stays as it is. */
export function convertedLike(model: AmqpValue, value: AmqpValue): AmqpValue {
  const number = numeric(value);
  if (number === null || numeric(model) === null || model.type === value.type) {
    return value;
  }
  if (model.type === "double") {
    return { type: "double", value: Number(number) };
  }
  return model.type === "int" && fitsInt(number) ? { type: "int", value: Number(number) } : value;
}

const fitsInt = (value: bigint | number): boolean =>
  value >= -(2 ** 31) && value < 2 ** 31 && Number.isInteger(Number(value));
