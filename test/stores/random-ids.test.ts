import { expect, test } from "vitest";
import { randomIds } from "../../src/stores/random-ids.ts";

const many = <Item>(make: (index: number) => Item): Item[] =>
  Array.from({ length: 1_000 }, (_, index) => make(index));

test("guid is a random GUID of version 4", () => {
  const guids = many(() => randomIds.guid());

  expect(new Set(guids).size).toBe(guids.length);
  expect(
    guids.filter(
      (guid) => !/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(guid),
    ),
  ).toEqual([]);
});

test("timeOrderedGuid is a GUID of version 7 that sorts by its instant and is unique within it", () => {
  const start = Date.parse("2026-03-01T10:00:00Z");
  const byTime = many((index) => randomIds.timeOrderedGuid(new Date(start + index)));
  const atOnce = many(() => randomIds.timeOrderedGuid(new Date(start)));

  expect(byTime.toSorted()).toEqual(byTime);
  expect(new Set(atOnce).size).toBe(atOnce.length);
  expect(
    [...byTime, ...atOnce].filter(
      (guid) => !/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(guid),
    ),
  ).toEqual([]);
  expect(Number.parseInt(atOnce[0]?.replaceAll("-", "").slice(0, 12) ?? "", 16)).toBe(start);
});

test("secret is 128 random bits that stand in URLs", () => {
  const secrets = many(() => randomIds.secret());

  expect(new Set(secrets).size).toBe(secrets.length);
  expect(secrets.filter((secret) => !/^[A-Za-z0-9_-]{22}$/.test(secret))).toEqual([]);
});
