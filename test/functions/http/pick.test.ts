import { expect, test } from "vitest";
import { z } from "zod";
import { pick } from "../../../src/functions/http/pick.ts";
import { ALL_DOORS } from "../../support/api-document.ts";

const Inner = z.object({ a: z.string() });
const at = new Date("2026-03-01T00:00:00Z");

const CASES: readonly (readonly [
  of: string,
  schema: z.ZodType,
  value: unknown,
  expected: unknown,
])[] = [
  ["an object", Inner, { a: "x", plant: 1 }, { a: "x" }],
  ["a strict object", z.strictObject({ a: z.string() }), { a: "x", plant: 1 }, { a: "x" }],
  ["an object within", z.object({ b: Inner }), { b: { a: "x", plant: 1 } }, { b: { a: "x" } }],
  ["a list", z.array(Inner), [{ a: "x", plant: 1 }], [{ a: "x" }]],
  ["what may be null", Inner.nullable(), { a: "x", plant: 1 }, { a: "x" }],
  ["what is null", Inner.nullable(), null, null],
  ["what may be left out", Inner.optional(), { a: "x", plant: 1 }, { a: "x" }],
  ["a member that is left out", z.object({ b: Inner.optional() }), { plant: 1 }, {}],
  ["what has a default", Inner.default({ a: "x" }), { a: "x", plant: 1 }, { a: "x" }],
  ["a record", z.record(z.string(), Inner), { x: { a: "x", plant: 1 } }, { x: { a: "x" } }],
  ["a date", z.object({ at: z.iso.datetime() }), { at }, { at }],
  [
    "a loose object",
    z.looseObject({ b: Inner }),
    { b: { a: "x", p: 1 }, c: 2 },
    { b: { a: "x" }, c: 2 },
  ],
  ["what is not known", z.object({ b: z.unknown() }), { b: { plant: 1 } }, { b: { plant: 1 } }],
  ["a name that every object has", Inner, { a: "x", toString: "y", constructor: 1 }, { a: "x" }],
  [
    "one of several by its word",
    z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("a"), a: z.int() }),
      z.object({ kind: z.literal("b"), b: z.int() }),
    ]),
    { kind: "b", a: 1, b: 2 },
    { kind: "b", b: 2 },
  ],
  [
    "one of several by its members",
    z.union([Inner, z.object({ value: z.array(Inner) })]),
    { value: [{ a: "x", plant: 1 }], plant: 1 },
    { value: [{ a: "x" }] },
  ],
];

test.each(CASES.map(([of, schema, value, expected]) => ({ of, schema, value, expected })))(
  "pick leaves the members of $of that its schema names",
  ({ schema, value, expected }) => {
    expect(pick(schema, value)).toEqual(expected);
  },
);

test.each([
  ["a text", z.string(), { plant: 1 }],
  ["a list of texts", z.array(z.string()), [{ plant: 1 }]],
  ["a text that may be null", z.string().nullable(), ["plant"]],
  ["none of several", z.union([Inner, z.object({ b: z.int() })]), { plant: 1 }],
])("pick refuses members where the schema names %s", (_, schema, value) => {
  expect(() => pick(schema, value)).toThrow();
});

/** Schemas that a value may have members under, whatever they are. */
function* openPlaces(schema: z.core.$ZodType, place: string): Generator<string> {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "object":
      if (def.catchall !== undefined && def.catchall._zod.def.type !== "never") {
        yield place;
      }
      for (const [name, member] of Object.entries(def.shape)) {
        yield* openPlaces(member, `${place}.${name}`);
      }
      return;
    case "array":
      yield* openPlaces(def.element, `${place}[]`);
      return;
    case "record":
      yield* openPlaces(def.valueType, `${place}{}`);
      return;
    case "union":
      for (const option of def.options) {
        yield* openPlaces(option, place);
      }
      return;
    case "pipe":
      yield* openPlaces(def.out, place);
      return;
    case "unknown":
      yield place;
      return;
    default:
      if ("innerType" in def) {
        yield* openPlaces(def.innerType, place);
      }
  }
}

test("each answer names its members, but for the document itself and definitions as they were stored", () => {
  const open = ALL_DOORS.flatMap(({ id, answers }) =>
    Object.entries(answers).flatMap(([status, { json }]) =>
      json === undefined ? [] : [...openPlaces(json, `${id} ${status}`)],
    ),
  );
  const kinds = ["connectors", "exports", "imports", "subscriptions"];

  expect([...new Set(open)].sort()).toEqual(
    [
      "api-openapi 200",
      ...kinds.flatMap((kind) => [
        `definitions-get-${kind} 200.stored`,
        `definitions-history-${kind} 200.items[].definition`,
        `definitions-list-${kind} 200.items[].stored`,
      ]),
    ].sort(),
  );
});
