import { describe, expect, test } from "vitest";
import { parseFilter } from "../../../src/domain/filters/parse-filter.ts";
import {
  type Properties,
  propertiesPredicate,
} from "../../../src/domain/filters/properties-predicate.ts";

const event: Properties = {
  entity: "Items",
  records: 12,
  ratio: 0.1,
  full: true,
  from: null,
  to: "2024-02-29T08:00:00.000Z",
  day: "2024-02-29",
  wall: "2024-02-29T08:00",
  "cloudEvents:type": "waybill.file",
};

describe("propertiesPredicate", () => {
  test.each([
    ["entity eq 'Items' and records gt 0", true],
    ["records eq 12.0", true],
    ["records eq 12.000000000000000000001", false],
    ["ratio eq 0.1", true],
    ["full eq true", true],
    ["full ne true", false],
    ["full ne false", true],
    ["from eq null", true],
    ["from ne null", false],
    ["missing eq null", true],
    ["missing ne 'x'", true],
    ["missing gt 1", false],
    ["not (missing gt 1)", true],
    ["\"cloudEvents:type\" eq 'waybill.file'", true],
    ["to eq 2024-02-29T09:00:00+01:00", true],
    ["to gt 2024-02-29", true],
    ["to eq '2024-02-29T08:00:00.000Z'", true],
    ["day eq 2024-02-29", true],
    ["day lt 2024-02-29T00:00:01Z", true],
    ["wall eq 2024-02-29T08:00:00", true],
    ["startswith(entity,'It')", true],
    ["entity in ('Prices','Items')", true],
  ])("%s: %s", (filter, taken) => {
    expect(propertiesPredicate(parseFilter(filter))(event)).toBe(taken);
  });

  test.each([
    "entity eq 1",
    "records eq '12'",
    "full eq 'true'",
    "entity gt 2024-01-01",
    "wall eq 2024-02-29T08:00:00Z",
    "contains(records,'1')",
  ])("takes an event neither by %s, whose type does not fit, nor by its negation", (filter) => {
    expect(propertiesPredicate(parseFilter(filter))(event)).toBe(false);
    expect(propertiesPredicate(parseFilter(`not (${filter})`))(event)).toBe(false);
  });

  test("sees own properties only", () => {
    expect(propertiesPredicate(parseFilter("constructor eq null"))({})).toBe(true);
    expect(propertiesPredicate(parseFilter("toString ne null"))({})).toBe(false);
    expect(propertiesPredicate(parseFilter('"__proto__" eq null'))({})).toBe(true);
  });

  test("knows no order of NaN, and infinities beyond all numbers", () => {
    const takes = (filter: string, value: number): boolean =>
      propertiesPredicate(parseFilter(filter))({ value });

    expect(takes("value eq 1", Number.NaN)).toBe(false);
    expect(takes("value ge 1", Number.NaN)).toBe(false);
    expect(takes("value gt 1e308", Number.POSITIVE_INFINITY)).toBe(true);
    expect(takes("value lt -1e308", Number.NEGATIVE_INFINITY)).toBe(true);
  });
});
