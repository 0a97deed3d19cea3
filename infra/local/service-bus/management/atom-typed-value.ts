import { BrokerError } from "../broker/errors.ts";
import type { AmqpValue } from "../broker/types.ts";
import { textOf } from "../rules/sql-value.ts";
import { textIn, type XmlElement } from "./atom-xml.ts";

const MAX_INT = 2 ** 31 - 1;

function refused(key: string, text: string, type: string): BrokerError {
  return new BrokerError("invalid-argument", `The value of "${key}" is no ${type}: "${text}".`);
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

function fitted(key: string, text: string): AmqpValue {
  const value = integer(key, text);
  if (value !== BigInt.asIntN(64, value)) {
    throw refused(key, text, "64-bit number");
  }
  return value === BigInt.asIntN(32, value)
    ? { type: "int", value: Number(value) }
    : { type: "long", value };
}

/**
 * Reads a value whose XML Schema type its `type` attribute names, with any prefix.
 *
 * @throws BrokerError `invalid-argument` for a text that is not of its type, and a type that rules cannot compare
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
    case "long":
      return fitted(key, text);
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

function written(value: AmqpValue): readonly [type: string, text: string] {
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
      return [
        value.value >= -MAX_INT - 1 && value.value <= MAX_INT ? "int" : "long",
        String(value.value),
      ];
    case "ubyte":
    case "ushort":
    case "byte":
    case "short":
    case "int":
      return ["int", String(value.value)];
    default:
      return ["string", textOf(value) ?? ""];
  }
}

/**
 * Writes a value with its XML Schema type. An integer of 32 bits is an `int` whatever it was, since the JavaScript SDK
 * refuses to read a `long`; it skips five characters to get at the type, so the prefix has four.
 */
export function writeTypedValue(value: AmqpValue): XmlElement {
  const [type, text] = written(value);
  const attributes = { "xmlns:d6p1": "http://www.w3.org/2001/XMLSchema", "i:type": `d6p1:${type}` };
  return { name: "Value", attributes, content: [text] };
}
