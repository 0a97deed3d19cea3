import { expect, test } from "vitest";
import { bicepParser, deployedBicep, syntaxProblems } from "./bicep-tree.ts";

const parse = await bicepParser();

test("Every Bicep file can be read without a mistake", async () => {
  const files = await deployedBicep();

  const problems = [...files].map(([path, root]) => [path, syntaxProblems(root)]);

  expect(problems.length).toBeGreaterThanOrEqual(9);
  expect(problems.filter(([, found]) => found?.length !== 0)).toEqual([]);
});

test.each([
  ["a missing brace", "resource a 'T@1' = {\n  name: 'a'\n"],
  ["a misspelt keyword", "parm a string"],
  ["half an expression", "var a = 1 +\nvar b = 2"],
  ["an open string", "var a = 'b\nvar c = 1"],
])("syntaxProblems finds %s", (_, source) => {
  expect(syntaxProblems(parse(source))).not.toEqual([]);
});
