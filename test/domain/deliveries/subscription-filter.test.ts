import { expect, test } from "vitest";
import { definitionWarnings } from "../../../src/domain/definitions/definition-problems.ts";
import { requirePassable } from "../../../src/domain/deliveries/subscription-filter.ts";
import { DEFINITION_SCHEMAS } from "../../../src/systems/index.ts";
import { exportBody, subscriptionBody } from "../../support/definition-bodies.ts";
import { versionedDefinitions } from "../../support/versioned-definitions.ts";

const FILE_TYPES = ["Shop.ItemChanges", "Shop.PriceChanges"];

test.each([
  ["colour eq 'red'", 'uses "colour"'],
  ["Records gt 0", 'uses "Records"'],
  ["constructor ne null", 'uses "constructor"'],
  ["records eq '5'", 'compares "records" with a string'],
  ["mode in ('full', 1)", 'compares "mode" with a number'],
  ["contains(bytes, '1')", 'compares "bytes" with a string'],
  ["not (entity eq true)", 'compares "entity" with a boolean'],
  ["blobType eq 'Shop.Orders'", "no file of these file types passes"],
  ["blobType eq 'shop.itemchanges'", "no file of these file types passes"],
  ["not (startswith(blobType, 'Shop.'))", "no file of these file types passes"],
  ["mode eq 'delta' and records gt 0", "no file of these file types passes"],
  ["records lt 0 or bytes le -1", "no file of these file types passes"],
])("a filter that no file can pass is refused: %s", (filter, message) => {
  expect(() => requirePassable(FILE_TYPES, filter)).toThrow(message);
});

test.each([
  "records gt 0",
  "records ge 0 and sequence ne -1",
  "not (records lt 0)",
  "mode ne 'incremental' or blobType eq 'Shop.Orders'",
  "blobType in ('Shop.Orders', 'Shop.PriceChanges')",
  "from ge 2026-01-01 and to lt 2026-01-02T00:00:00Z and contentEncoding eq null",
  "not (mode eq 'full')",
  "entity eq 'Items' and not (records eq 0)",
])("a filter that some file may pass is taken: %s", (filter) => {
  expect(() => requirePassable(FILE_TYPES, filter)).not.toThrow();
});

test("a filter on the file type is taken for file types that only begin alike", () => {
  expect(() => requirePassable(["Shop.*"], "blobType eq 'Shop.Orders'")).not.toThrow();
  expect(() => requirePassable(["Shop.*"], "mode eq 'delta'")).toThrow("no file of these");
});

test("file types that nothing publishes yet are warned of", async () => {
  const definitions = versionedDefinitions();
  const body = DEFINITION_SCHEMAS.kinds.exports.parse(exportBody());
  await definitions.put(
    "exports",
    {
      ...{ id: "items", body, incarnation: "", updatedBy: "operator" },
      ...{ updatedAt: new Date(), scheduleSince: new Date() },
    },
    null,
  );
  const subscription = subscriptionBody({ fileTypes: ["Shop.*", "Not.YetThere"] });

  expect(
    await definitionWarnings(
      { definitions },
      { kind: "subscriptions", body: subscription as never },
    ),
  ).toEqual(['nothing publishes files of type "Not.YetThere" yet']);
});
