import { expect, test } from "vitest";
import { z } from "zod";
import { fieldProblems } from "../../src/domain/field-problems.ts";

const Schema = z.strictObject({
  name: z.string().min(1).max(5),
  count: z.int().min(1).max(10).optional(),
  list: z
    .array(z.strictObject({ on: z.boolean() }))
    .max(2)
    .optional(),
  way: z.enum(["in", "out"]).optional(),
  kind: z
    .discriminatedUnion("by", [
      z.strictObject({ by: z.literal("a") }),
      z.strictObject({ by: z.literal("b"), at: z.string() }),
    ])
    .optional(),
  words: z.record(z.string().regex(/^[a-z]+$/, "must be a word"), z.string()).optional(),
  own: z.string().regex(/^x/, "must begin with x").optional(),
  title: z.string().min(1, "must not be empty").optional(),
});

function problemsOf(input: unknown): Record<string, string> {
  const result = Schema.safeParse(input);
  const problems = result.success ? [] : fieldProblems(result.error);
  return Object.fromEntries(problems.map(({ field, message }) => [field, message]));
}

test.each<[unknown, Record<string, string>]>([
  [undefined, { "": "is missing" }],
  ["x", { "": "must be of type object" }],
  [{}, { name: "is missing" }],
  [{ name: 1 }, { name: "must be of type string" }],
  [{ name: null }, { name: "must be of type string" }],
  [{ name: "" }, { name: "must have at least 1 characters" }],
  [{ name: "abcdef" }, { name: "must have at most 5 characters" }],
  [{ name: "a", count: 0 }, { count: "must be at least 1" }],
  [{ name: "a", count: 11 }, { count: "must be at most 10" }],
  [{ name: "a", list: [{ on: 1 }] }, { "list[0].on": "must be of type boolean" }],
  [
    { name: "a", list: [{ on: true }, { on: true }, { on: true }] },
    { list: "must have at most 2 entries" },
  ],
  [{ name: "a", way: "up" }, { way: 'must be "in" or "out"' }],
  [{ name: "a", kind: { by: "c" } }, { "kind.by": 'must be "a" or "b"' }],
  [{ name: "a", kind: { by: "b" } }, { "kind.at": "is missing" }],
  [{ name: "a", words: { "1": "x" } }, { "words.1": "must be a word" }],
  [{ name: "a", own: "y" }, { own: "must begin with x" }],
  [{ name: "a", title: "" }, { title: "must not be empty" }],
  [
    { name: "a", b: 1, c: 2 },
    { b: "is not known here", c: "is not known here" },
  ],
  [{ name: "a", list: [{ on: true, off: 1 }] }, { "list[0].off": "is not known here" }],
])("%j has the problems %j", (input, expected) => {
  expect(problemsOf(input)).toEqual(expected);
});

test("a thousand problems are fifty, and how many more there are", () => {
  const members = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`m${index}`, 1]));
  const result = Schema.safeParse({ name: "a", ...members });

  const problems = result.success ? [] : fieldProblems(result.error);

  expect(problems).toHaveLength(51);
  expect(problems.at(-1)).toEqual({ field: "", message: "has 950 more problems" });
});

test("a name of any length is cut", () => {
  expect(Object.keys(problemsOf({ name: "a", ["x".repeat(100_000)]: 1 }))).toEqual([
    "x".repeat(100),
  ]);
});
