import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { DOCUMENTS } from "./document-blocks.ts";

/** Paths of files and folders, as documents name them between backticks; those with a blank in them are patterns. */
const PATH_REGEXP = /`((?:src|infra|test|docs|examples)\/[\w./-]+)`/g;

test.each([...DOCUMENTS, "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"])(
  "every path that %s names is there",
  (document) => {
    const paths = [...readFileSync(document, "utf8").matchAll(PATH_REGEXP)].map(([, path]) => path);

    expect(paths.filter((path) => path === undefined || !existsSync(path))).toEqual([]);
  },
);

test("the reading path is a path", () => {
  const text = readFileSync("docs/how-a-file-travels.md", "utf8");

  expect([...text.matchAll(/^\d+\. `src\//gm)].length).toBeGreaterThan(40);
});
