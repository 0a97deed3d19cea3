import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

/** The rules that trailing comments such as `// C3: taken over` or `// C6, C7` name. */
function rulesCited(folder: string): Set<string> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return new Set(
    files
      .filter((file) => file.endsWith(".ts"))
      .flatMap((file) => readFileSync(join(folder, file), "utf8").match(/\/\/ .*\bC\d+\b.*/g) ?? [])
      .flatMap((comment) => comment.match(/\bC\d+\b/g) ?? []),
  );
}

test("each crash rule is cited where it holds, and no other is", () => {
  const rules = readFileSync("ARCHITECTURE.md", "utf8").match(/^\| C\d+(?= \|)/gm) ?? [];

  expect(rules.map((rule) => rule.slice(2))).toEqual(
    [...rulesCited("src")].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1))),
  );
});

/** Only files that kill processes count: a rule is about a process that dies. */
test("each crash rule is named by a test of the flows that kills a process", () => {
  const folder = join("test", "flows");
  const names = readdirSync(folder)
    .map((file) => readFileSync(join(folder, file), "utf8"))
    .filter((text) => /killAt\b|kinds: \["kill"/.test(text))
    .flatMap((text) => text.match(/^(?:test\(| {2})".*\(C\d+(?:, C\d+)*\)"/gm) ?? []);
  const named = new Set(names.flatMap((name) => name.match(/\bC\d+\b/g) ?? []));

  expect([...rulesCited("src")].filter((rule) => !named.has(rule))).toEqual([]);
});
