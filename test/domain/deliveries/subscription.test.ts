import { expect, test } from "vitest";
import { matcherOf } from "../../../src/domain/deliveries/subscription.ts";
import { aFile } from "../../support/file.ts";

const subscription = { enabled: true, fileTypes: ["Shop.ItemChanges", "Shop.PriceChanges"] };

test.each<[string, Parameters<typeof matcherOf>[0], boolean]>([
  ["of its type", subscription, true],
  ["of another type", { ...subscription, fileTypes: ["Shop.Orders"] }, false],
  ["of a type that begins so", { ...subscription, fileTypes: ["Shop.*"] }, true],
  ["of a type that begins with a part of a name", { ...subscription, fileTypes: ["Sho.*"] }, false],
  ["of a type spelled otherwise", { ...subscription, fileTypes: ["shop.itemchanges"] }, false],
  ["while it is disabled", { ...subscription, enabled: false }, false],
  ["that its filter takes", { ...subscription, filter: "records gt 5" }, true],
  ["that its filter leaves out", { ...subscription, filter: "records gt 10" }, false],
  ["by its entity", { ...subscription, filter: "entity eq 'Items' and mode ne 'full'" }, true],
  ["by what it is not", { ...subscription, filter: "contentEncoding eq null" }, false],
  ["by where it begins", { ...subscription, filter: "from eq '1' and to eq '2'" }, true],
  ["by a property that no file has", { ...subscription, filter: "colour eq 'red'" }, false],
  ["by a name of every object", { ...subscription, filter: "constructor ne null" }, false],
  [
    "disabled although its filter takes it",
    { ...subscription, enabled: false, filter: "true eq true" },
    false,
  ],
])("a subscription and a file %s", (_, definition, expected) => {
  expect(matcherOf(definition)(aFile())).toBe(expected);
});
