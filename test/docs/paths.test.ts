import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const DOCUMENTS = [
  "docs/how-a-file-travels.md",
  "docs/concepts.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "README.md",
  "SECURITY.md",
];

/** Paths of files and folders, as documents name them between backticks; those with a blank in them are patterns. */
const PATH_REGEXP = /`((?:src|infra|test|docs)\/[\w./-]+)`/g;

test.each(DOCUMENTS)("every path that %s names is there", (document) => {
  const paths = [...readFileSync(document, "utf8").matchAll(PATH_REGEXP)].map(([, path]) => path);

  expect(paths.filter((path) => path === undefined || !existsSync(path))).toEqual([]);
});

test("the reading path is a path", () => {
  const text = readFileSync("docs/how-a-file-travels.md", "utf8");

  expect([...text.matchAll(/^\d+\. `src\//gm)].length).toBeGreaterThan(40);
});
