import { expect, test } from "vitest";
import { nextPackageCursor, packageStart } from "../../../src/domain/exports/package-cursor.ts";

/** The export cursor of a read of these entities. */
function cursorOf(entities: Readonly<Record<string, string>>): string {
  const kept = Object.entries(entities).map(([name, cursor]) => [name, { source: "s", cursor }]);
  return JSON.stringify({ version: 1, entities: Object.fromEntries(kept) });
}

test("a first package starts from nothing", () => {
  expect(packageStart(null, {})).toBeNull();
});

test("a package starts where the one before it ended", () => {
  const kept = nextPackageCursor(null, { cursor: cursorOf({ A: "1", B: "1" }), tokens: {} });

  expect(packageStart(kept, {})).toBe(cursorOf({ A: "1", B: "1" }));
});

test("a package of some entities leaves the others where they are", () => {
  const first = nextPackageCursor(null, { cursor: cursorOf({ A: "1", B: "1" }), tokens: {} });
  const second = nextPackageCursor(first, { cursor: cursorOf({ B: "2" }), tokens: {} });

  expect(packageStart(second, {})).toBe(cursorOf({ A: "1", B: "2" }));
});

test("an entity whose token was changed starts anew, and goes on from there", () => {
  const first = nextPackageCursor(null, { cursor: cursorOf({ A: "1", B: "1" }), tokens: {} });
  const tokens = { A: "t1" };
  expect(packageStart(first, tokens)).toBe(cursorOf({ B: "1" }));

  const second = nextPackageCursor(first, { cursor: cursorOf({ A: "2", B: "2" }), tokens });

  expect(packageStart(second, tokens)).toBe(cursorOf({ A: "2", B: "2" }));
});

test("a token that was changed while a package was read is heeded by the next", () => {
  const first = nextPackageCursor(null, {
    cursor: cursorOf({ A: "1" }),
    tokens: { A: "before it began" },
  });

  expect(packageStart(first, { A: "meanwhile" })).toBeNull();
});

test("entities may be named like members of objects", () => {
  const tokens = { constructor: "t" };
  const kept = nextPackageCursor(null, { cursor: cursorOf({ toString: "1" }), tokens: {} });

  expect(packageStart(kept, tokens)).toBe(cursorOf({ toString: "1" }));
  expect(packageStart(kept, { ...tokens, toString: "t" } as never)).toBeNull();
});

test("a package starts from nothing that another life of the export has left behind", () => {
  const cursorOfLife = (incarnation: string, entities: Readonly<Record<string, string>>) =>
    JSON.stringify({
      ...JSON.parse(cursorOf(entities)),
      owner: { incarnation, fileType: "Shop.Items" },
    });
  const first = nextPackageCursor(null, {
    cursor: cursorOfLife("1", { A: "1", B: "1" }),
    tokens: {},
  });

  expect(JSON.parse(packageStart(first, {}) ?? "")).toMatchObject({ owner: { incarnation: "1" } });

  const second = nextPackageCursor(first, { cursor: cursorOfLife("2", { B: "2" }), tokens: {} });

  expect(JSON.parse(packageStart(second, {}) ?? "")).toEqual({
    ...{ version: 1, owner: { incarnation: "2", fileType: "Shop.Items" } },
    entities: { B: { source: "s", cursor: "2" } },
  });
});
