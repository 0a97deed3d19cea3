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
