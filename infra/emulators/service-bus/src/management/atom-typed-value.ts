import { BrokerError } from "../broker/errors.ts";
import type { AmqpValue } from "../broker/types.ts";
import { FOREVER_MS, formatDuration, parseDuration } from "../config/duration.ts";
import { textOf } from "../rules/sql-value.ts";
import { textIn, type XmlElement } from "./atom-xml.ts";

const MAX_INT = 2 ** 31 - 1;

function refused(key: string, text: string, type: string): BrokerError {
  return new BrokerError(
    "invalid-argument",
    `The value of "${key}" is not a valid ${type}: "${text}".`,
  );
}

function integer(key: string, text: string): bigint {
  if (!/^[+-]?\d{1,20}$/.test(text)) {
    throw refused(key, text, "whole number");
  }
  return BigInt(text.replace("+", ""));
}

function number(key: string, text: string): number {
  const value = text === "" ? Number.NaN : Number(text.replace(/INF$/, "Infinity"));
  if (Number.isNaN(value) && text !== "NaN") {
    throw refused(key, text, "number");
  }
  return value;
}

function long(key: string, text: string): bigint {
  const value = integer(key, text);
  if (value !== BigInt.asIntN(64, value)) {
    throw refused(key, text, "64-bit number");
  }
  return value;
}

function fitted(key: string, text: string): AmqpValue {
  const value = long(key, text);
  return value === BigInt.asIntN(32, value)
    ? { type: "int", value: Number(value) }
    : { type: "long", value };
}

const TICKS_PER_MS = 10_000n;
const TIMESPAN = "com.microsoft:timespan";

/** In AMQP's form: .NET's ticks. */
function timespan(key: string, text: string): AmqpValue {
  const ms = parseDuration(text);
  if (ms === null || ms >= FOREVER_MS) {
    throw refused(key, text, "duration");
  }
  return {
    type: "described",
    descriptor: { type: "symbol", value: TIMESPAN },
    value: { type: "long", value: BigInt(ms) * TICKS_PER_MS },
  };
}

/** The types that a caller can read. */
export interface TypeDialect {
  /** Whether a small `long` stays a `long`, and a time span is a `duration`. */
  readonly isExact: boolean;
}

const EXACT_SINCE = "2024-05";

/** Callers of older versions, such as the JavaScript SDK, refuse to read a `long` or a `duration`. */
export function dialectOf(apiVersion: string): TypeDialect {
  return { isExact: apiVersion >= EXACT_SINCE };
}

/**
 * Reads a value whose XML Schema type its `type` attribute names, with any prefix.
 *
 * @throws BrokerError `invalid-argument` for a text that does not fit its type, and a type that rules cannot compare
 */
export function readTypedValue(key: string, element: XmlElement): AmqpValue {
  const type = (element.attributes.type ?? "").replace(/^.*:/, "");
  const whole = textIn(element);
  const text = whole.trim();
  switch (type) {
    case "string":
      return { type: "string", value: whole };
    case "boolean":
      if (!/^(?:true|false|[01])$/.test(text)) {
        throw refused(key, text, type);
      }
      return { type: "boolean", value: text === "true" || text === "1" };
    case "byte":
    case "unsignedByte":
    case "short":
    case "unsignedShort":
    case "int":
    case "unsignedInt":
      return fitted(key, text);
    case "long":
      return { type: "long", value: long(key, text) };
    case "duration":
    case "timeSpan":
      return timespan(key, text);
    case "float":
    case "double":
    case "decimal":
      return { type: "double", value: number(key, text) };
    case "dateTime": {
      const value = Date.parse(text);
      if (Number.isNaN(value)) {
        throw refused(key, text, type);
      }
      return { type: "timestamp", value };
    }
    case "guid":
      return { type: "uuid", value: text.toLowerCase() };
    default:
      throw new BrokerError(
        "invalid-argument",
        `The value of "${key}" has the unknown type "${type}".`,
      );
  }
}

function written(
  value: AmqpValue,
  { isExact }: TypeDialect,
): readonly [type: string, text: string] {
  switch (value.type) {
    case "boolean":
      return ["boolean", String(value.value)];
    case "float":
    case "double":
      return ["double", String(value.value)];
    case "timestamp":
      return ["dateTime", new Date(value.value).toISOString()];
    case "uuid":
      return ["guid", value.value];
    case "uint":
    case "long":
    case "ulong":
      return [isExact || !fitsInt(value.value) ? "long" : "int", String(value.value)];
    case "ubyte":
    case "ushort":
    case "byte":
    case "short":
    case "int":
      return ["int", String(value.value)];
    case "described":
      return [isExact ? "duration" : "string", formatDuration(timespanMs(value))];
    default:
      return ["string", textOf(value) ?? ""];
  }
}

function fitsInt(value: number | bigint): boolean {
  return value >= -MAX_INT - 1 && value <= MAX_INT;
}

/** The only described values that rules hold are time spans. */
function timespanMs({ value }: Extract<AmqpValue, { readonly type: "described" }>): number {
  return value.type === "long" ? Number(value.value / TICKS_PER_MS) : 0;
}

/**
 * Writes a value with its XML Schema type. For most callers an integer of 32 bits is an `int`, whatever its type was,
 * because the JavaScript SDK refuses to read a `long`. The SDK skips five characters before the type, so the prefix has
 * four.
 */
export function writeTypedValue(value: AmqpValue, dialect: TypeDialect): XmlElement {
  const [type, text] = written(value, dialect);
  const attributes = { "xmlns:d6p1": "http://www.w3.org/2001/XMLSchema", "i:type": `d6p1:${type}` };
  return { name: "Value", attributes, content: [text] };
}
