import { expect, test } from "vitest";
import type { DefinitionKind } from "../../src/domain/definitions/definitions.ts";
import { storedDefinitions, UnreadableAnswer } from "../../src/functions/definition-answers.ts";
import {
  CONNECTORS,
  EXPORTS,
  IMPORTS,
  SUBSCRIPTIONS,
} from "../../src/functions/definition-examples.ts";
import { pick } from "../../src/functions/http/pick.ts";
import { DEFINITION_SCHEMAS } from "../../src/systems/index.ts";
import { exportBody } from "../support/definition-bodies.ts";

const STORED = storedDefinitions(DEFINITION_SCHEMAS);
const FACTS = { id: "a", version: 3, updatedAt: new Date("2026-03-01T00:00:00Z"), updatedBy: null };

/** Definitions that convert or choose: columns by name and renamed, filters, schedules of each kind. */
const RICH_EXPORT = exportBody({
  entities: [
    {
      name: "Items",
      source: { kind: "postgres", connection: "shop", table: "shop.items" },
      columns: ["item_no", { name: "Price", from: "price", type: "decimal" }],
    },
  ],
  schedule: {
    every: { hours: 1 },
    timeZone: "Europe/Copenhagen",
    blackouts: [{ kind: "weekly", name: "Night", from: "22:00", to: "04:00" }],
  },
});

const BODIES: readonly (readonly [kind: DefinitionKind, body: unknown])[] = [
  ...CONNECTORS.map((body) => ["connectors", body] as const),
  ...[...EXPORTS, RICH_EXPORT].map((body) => ["exports", body] as const),
  ...IMPORTS.map((body) => ["imports", body] as const),
  ...SUBSCRIPTIONS.map((body) => ["subscriptions", body] as const),
];

test.each(BODIES)(
  "an answer with one of the %s holds all of it, and nothing else",
  (kind, body) => {
    const stored = { ...FACTS, ...(DEFINITION_SCHEMAS.kinds[kind].parse(body) as object) };

    const picked = pick(STORED[kind].or(UnreadableAnswer), { ...stored, incarnation: "inside" });

    expect(picked).toEqual(stored);
  },
);

test("an answer with a definition that cannot be used holds it as it is stored", () => {
  const unreadable = { ...FACTS, unreadable: "Its source is gone", stored: { what: "ever" } };

  expect(pick(STORED.exports.or(UnreadableAnswer), unreadable)).toEqual(unreadable);
});
