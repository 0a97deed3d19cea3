import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fieldProblems } from "../../../../src/domain/field-problems.ts";
import { BlobDefinition } from "../../../../src/systems/blob/source/definition.ts";

const file = {
  kind: "blob",
  connection: "files",
  container: "in-box",
  blob: "in/items.csv",
  format: { kind: "csv" },
  columns: [{ name: "id", type: "integer" }],
  incremental: { by: "new-files" },
};
const { blob: _, ...files } = { ...file, prefix: "in/" };

function problemsOf(definition: object): string[] {
  const parsed = BlobDefinition.safeParse(definition);
  return parsed.success
    ? []
    : fieldProblems(parsed.error).map(({ field, message }) => `${field}: ${message}`);
}

test.each([
  file,
  files,
  { ...files, prefix: "" },
  { ...files, suffix: ".csv", incremental: { by: "none" } },
  { ...files, columns: [{ name: "no", fact: "row", type: "integer" }] },
  { ...files, columns: [{ name: "price", type: "decimal", numbers: { decimal: "," } }] },
])("BlobDefinition takes %j", (definition) => {
  expect(problemsOf(definition)).toEqual([]);
});

test("README's example is a definition", () => {
  const readme = readFileSync("README.md", "utf8");
  const [, example = ""] = /^```json\n(\{ "kind": "blob"[\s\S]*?)^```$/m.exec(readme) ?? [];

  expect(problemsOf(JSON.parse(example))).toEqual([]);
});

test("BlobDefinition fills in what is usual", () => {
  expect(BlobDefinition.parse(files)).toMatchObject({
    decompression: "auto",
    whenEmpty: "refuse",
    maxFiles: 10_000,
    incremental: { by: "new-files", settleMs: 60_000 },
  });
});

test("BlobDefinition reads again what it has read", () => {
  const parsed = BlobDefinition.parse(files);

  expect(BlobDefinition.parse(parsed)).toEqual(parsed);
});

test.each([
  [{ ...file, prefix: "" }, 'blob: must stand here, or "prefix" instead: exactly one of the two'],
  [{ ...files, prefix: undefined }, 'blob: must stand here, or "prefix" instead'],
  [{ ...file, suffix: ".csv" }, 'suffix: is only allowed with "prefix"'],
  [{ ...file, container: "In" }, "container: must be the name of a container"],
  [{ ...file, container: "a--b" }, "container: must be the name of a container"],
  [{ ...file, container: "a".repeat(64) }, "container: must be the name of a container"],
  [{ ...file, container: "../other" }, "container: must be the name of a container"],
  [{ ...file, blob: "a".repeat(1_025) }, "blob: must have at most 1024 characters"],
  [{ ...file, blob: "../other/a.csv" }, 'blob: must not hold "." or ".." between slashes'],
  [{ ...file, blob: "..\\a.csv" }, 'blob: must not hold "." or ".." between slashes'],
  [{ ...file, blob: "a/./b.csv" }, 'blob: must not hold "." or ".." between slashes'],
  [{ ...file, blob: "a\nb" }, "blob: must not hold control characters"],
  [{ ...file, format: { kind: "package" } }, "format.kind: must have a kind"],
  [{ ...file, incremental: undefined }, "incremental: "],
  [
    { ...file, incremental: { by: "new-files", settleMs: 1_000 } },
    "incremental.settleMs: must be at least 2000",
  ],
  [
    { ...file, columns: [{ name: "id" }, { name: "id", from: "x" }] },
    "columns[1].name: must not stand twice",
  ],
  [
    { ...file, columns: [{ name: "company", fact: "company" }] },
    'columns[0].fact: must be "row": these files come without a message',
  ],
  [{ ...file, columns: [{ name: "id", type: "integer", whenNull: "none" }] }, "columns[0]: "],
  [{ ...file, password: "x" }, "password: is not known here"],
])("BlobDefinition refuses %j", (definition, problem) => {
  expect(problemsOf(definition)).toEqual([expect.stringContaining(problem)]);
});
