import { expect, test } from "vitest";
import type { AmqpValue } from "../../src/broker/types.ts";
import {
  dialectOf,
  readTypedValue,
  writeTypedValue,
} from "../../src/management/atom-typed-value.ts";
import { parseXml, toXml } from "../../src/management/atom-xml.ts";

function aTimespan(ticks: bigint): AmqpValue {
  return {
    type: "described",
    descriptor: { type: "symbol", value: "com.microsoft:timespan" },
    value: { type: "long", value: ticks },
  };
}

const read = (type: string, text: string) =>
  readTypedValue("key", parseXml(`<Value i:type="${type}" xmlns:i="urn:i">${text}</Value>`));

test.each<[string, string, AmqpValue]>([
  ["d6p1:string", " a &lt; b ", { type: "string", value: " a < b " }],
  ["string", "", { type: "string", value: "" }],
  ["l28:boolean", "true", { type: "boolean", value: true }],
  ["l28:boolean", "0", { type: "boolean", value: false }],
  ["l28:int", "-5", { type: "int", value: -5 }],
  ["l28:unsignedInt", "4294967295", { type: "long", value: 4_294_967_295n }],
  ["l28:long", "9223372036854775807", { type: "long", value: 9_223_372_036_854_775_807n }],
  ["l28:long", "7", { type: "long", value: 7n }],
  ["l28:duration", "PT1H30M", aTimespan(54_000_000_000n)],
  ["l28:double", "1.5E3", { type: "double", value: 1500 }],
  ["l28:double", "-INF", { type: "double", value: Number.NEGATIVE_INFINITY }],
  ["l28:decimal", "0.1", { type: "double", value: 0.1 }],
  ["l28:dateTime", "2026-01-02T03:04:05Z", { type: "timestamp", value: 1_767_323_045_000 }],
  [
    "l28:guid",
    "0E0BA7D3-FF4D-45B8-ABDF-CC8D317C3169",
    {
      type: "uuid",
      value: "0e0ba7d3-ff4d-45b8-abdf-cc8d317c3169",
    },
  ],
])("readTypedValue reads %s %j", (type, text, value) => {
  expect(read(type, text)).toEqual(value);
});

test.each([
  ["int", "five"],
  ["int", "1.5"],
  ["long", "9223372036854775808"],
  ["double", ""],
  ["double", "1,5"],
  ["boolean", "yes"],
  ["dateTime", "yesterday"],
  ["duration", "90 minutes"],
  ["base64Binary", "AA=="],
  ["", "x"],
])("readTypedValue refuses %s %j", (type, text) => {
  expect(() => read(type, text)).toThrow('The value of "key"');
});

test.each<[AmqpValue, string]>([
  [{ type: "string", value: "<x>" }, ":string"],
  [{ type: "boolean", value: true }, ":boolean"],
  [{ type: "int", value: -5 }, ":int"],
  [{ type: "uint", value: 4_294_967_295 }, ":long"],
  [{ type: "long", value: 5n }, ":int"],
  [{ type: "long", value: 5_000_000_000n }, ":long"],
  [{ type: "double", value: 0.5 }, ":double"],
  [{ type: "timestamp", value: 1_767_323_045_000 }, ":dateTime"],
  [{ type: "uuid", value: "0e0ba7d3-ff4d-45b8-abdf-cc8d317c3169" }, ":guid"],
])("writeTypedValue writes row %# so that it reads back", (value, type) => {
  const xml = toXml(writeTypedValue(value, dialectOf("2021-05")));

  expect(xml).toContain(type);
  expect(String(readTypedValue("key", parseXml(xml)).value)).toBe(String(value.value));
});

test.each<[string, AmqpValue, string]>([
  ["2024-05", { type: "long", value: 5n }, "d6p1:long"],
  ["2024-05", aTimespan(54_000_000_000n), "d6p1:duration"],
  ["2021-05", { type: "long", value: 5n }, "d6p1:int"],
  ["2021-05", aTimespan(54_000_000_000n), "d6p1:string"],
  ["", { type: "long", value: 5n }, "d6p1:int"],
])("writeTypedValue writes for version %j row %#", (version, value, type) => {
  expect(writeTypedValue(value, dialectOf(version)).attributes["i:type"]).toBe(type);
});
