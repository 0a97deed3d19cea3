import fc from "fast-check";
import { expect, test } from "vitest";
import { matchesLike } from "../../src/rules/sql-like.ts";

type Row = [expected: boolean | null, ...operands: Parameters<typeof matchesLike>];

test.each<Row>([
  [true, "", "", null],
  [true, "", "%%", null],
  [false, "", "_", null],
  [true, "abc", "a%c", null],
  [true, "abcabc", "%abc", null],
  [false, "abcab", "%abc", null],
  [true, "aXbXc", "a_b_c", null],
  [true, "a.c", "a.c", null],
  [false, "abc", "a.c", null],
  [false, "abc", "ABC", null],
  [true, "50%", "50!%", "!"],
  [false, "500", "50!%", "!"],
  [true, "a_b!", "a!_b!!", "!"],
  [true, "a%b", "a%%b", "%"],
  [true, "line\nbreak", "line%", null],
  [null, "a", "a!", "!"],
  [null, "a", "a", ""],
  [null, "a", "a", "!!"],
  [null, "a", "%".repeat(1025), null],
])("matchesLike says %s of %j LIKE %j ESCAPE %j", (expected, ...operands) => {
  expect(matchesLike(...operands)).toBe(expected);
});

/** The definition, spelled out: slow, and right by inspection. */
function matchesByDefinition(text: string, pattern: string): boolean {
  const [first, rest] = [pattern[0], pattern.slice(1)];
  if (first === undefined) {
    return text === "";
  }
  if (first === "%") {
    return Array.from({ length: text.length + 1 }, (_, skipped) => text.slice(skipped)).some(
      (remaining) => matchesByDefinition(remaining, rest),
    );
  }
  return (
    text !== "" && (first === "_" || first === text[0]) && matchesByDefinition(text.slice(1), rest)
  );
}

test("matchesLike agrees with the definition of LIKE", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 });
  const pattern = fc.string({ unit: fc.constantFrom("a", "b", "%", "_"), maxLength: 6 });

  fc.assert(
    fc.property(text, pattern, (t, p) => {
      expect(matchesLike(t, p, null)).toBe(matchesByDefinition(t, p));
    }),
    { numRuns: 1000 },
  );
});

test("matchesLike ends on the pattern that makes backtracking matchers explode", () => {
  expect(matchesLike("a".repeat(5000), `${"%a".repeat(500)}b`, null)).toBe(false);
});
