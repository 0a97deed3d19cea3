import fc from "fast-check";
import { expect, test } from "vitest";
import { packageFileNames } from "../../../src/domain/packages/package-file-names.ts";

test.each([
  [["Customer groups"], ["Customer groups.csv"]],
  [["Größe 日本"], ["Größe 日本.csv"]],
  [["../../etc/passwd"], ["_.._etc_passwd.csv"]],
  [['a\\b:c*d?e"f<g>h|i\nj'], ["a_b_c_d_e_f_g_h_i_j.csv"]],
  [[" padded. "], ["padded.csv"]],
  [["..."], ["_.csv"]],
  [["CON"], ["_CON.csv"]],
  [["nul.x"], ["_nul.x.csv"]],
  [["Console"], ["Console.csv"]],
  [
    ["a", "A", "a"],
    ["a.csv", "A 2.csv", "a 3.csv"],
  ],
  [["x".repeat(200)], [`${"x".repeat(100)}.csv`]],
])("packageFileNames names %j %j", (entities, names) => {
  expect(packageFileNames(entities, "csv")).toEqual(names);
});

test("packageFileNames leaves the package's own names alone, in any case", () => {
  expect(packageFileNames(["manifest", "PackageHeader"], "xml")).toEqual([
    "manifest 2.xml",
    "PackageHeader 2.xml",
  ]);
});

test("packageFileNames gives flat, safe and different names for any entities", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" })), (entities) => {
      const names = packageFileNames(entities, "csv");

      expect(
        names.every((name) => /^[^\p{Cc}\\/:*?"<>|. ][^\p{Cc}\\/:*?"<>|]*\.csv$/u.test(name)),
      ).toBe(true);
      expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(entities.length);
    }),
  );
});
