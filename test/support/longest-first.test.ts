import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { LONGEST } from "./longest-first.ts";

test("every file that begins first exists", () => {
  expect(LONGEST.filter((path) => !existsSync(path))).toEqual([]);
});
