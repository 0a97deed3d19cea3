import { BrokerError } from "../broker/errors.ts";
import type { AmqpValue } from "../broker/types.ts";

/** The fields of a request, by name; fields without a value are left out. */
export type RequestBody = ReadonlyMap<string, AmqpValue>;

/** @throws BrokerError `invalid-argument` */
export function bodyOf(value: AmqpValue): RequestBody {
  if (value.type !== "map") {
    throw new BrokerError("invalid-argument", "The body of the request must be a map.");
  }
  return new Map(
    value.value
      .filter(([, field]) => field.type !== "null")
      .map(([key, field]) => [String(key.value), field]),
  );
}

export function textOrNull(body: RequestBody, name: string): string | null {
  const value = body.get(name);
  return value?.type === "string" || value?.type === "symbol" ? value.value : null;
}

/** @throws BrokerError `invalid-argument` */
export function textIn(body: RequestBody, name: string): string {
  return textOrNull(body, name) ?? missing(name, "a text");
}

/** A whole number of any width; null when it is absent. */
export function integerOrNull(body: RequestBody, name: string): number | null {
  return asInteger(body.get(name));
}

/** @throws BrokerError `invalid-argument` */
export function integerIn(body: RequestBody, name: string): number {
  return integerOrNull(body, name) ?? missing(name, "a whole number");
}

/** @throws BrokerError `invalid-argument` */
export function integersIn(body: RequestBody, name: string): number[] {
  return itemsIn(body, name).map((item) => asInteger(item) ?? missing(name, "whole numbers"));
}

/** @throws BrokerError `invalid-argument` */
export function uuidsIn(body: RequestBody, name: string): string[] {
  return itemsIn(body, name).map((item) =>
    item.type === "uuid" ? item.value : missing(name, "GUIDs"),
  );
}

/** The elements of a list or array. @throws BrokerError `invalid-argument` */
export function itemsIn(body: RequestBody, name: string): readonly AmqpValue[] {
  const value = body.get(name);
  return value?.type === "list" || value?.type === "array" ? value.value : missing(name, "a list");
}

export function bytesOrNull(body: RequestBody, name: string): Buffer | null {
  const value = body.get(name);
  return value?.type === "binary" ? value.value : null;
}

/** A map with text keys. */
export function mapValue(fields: Readonly<Record<string, AmqpValue>>): AmqpValue {
  return {
    type: "map",
    value: Object.entries(fields).map(([name, value]) => [{ type: "string", value: name }, value]),
  };
}

function asInteger(value: AmqpValue | undefined): number | null {
  switch (value?.type) {
    case "long":
    case "ulong":
      return Number(value.value);
    case "int":
    case "uint":
    case "short":
    case "ushort":
    case "byte":
    case "ubyte":
      return value.value;
    default:
      return null;
  }
}

function missing(name: string, what: string): never {
  throw new BrokerError("invalid-argument", `The request must have ${what} as "${name}".`);
}
