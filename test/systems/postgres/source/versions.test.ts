import { expect, test } from "vitest";
import {
  changedSince,
  MAX_SEEN,
  MAX_WINDOW_IDS,
  parseSnapshot,
  seenAfter,
  versionToRemember,
} from "../../../../src/systems/postgres/source/versions.ts";

const bound = () => {
  const values: unknown[] = [];
  return { values, bind: (value: unknown) => `$${values.push(value)}` };
};

test("parseSnapshot reads the lowest running and the next id, and leaves the list of running ones alone", () => {
  expect(parseSnapshot("1024:1030:1024,1027")).toEqual({ xmin: 1024, xmax: 1030 });
});

test("seenAfter widens 32-bit ids to the nearest below the snapshot's end, also across an epoch", () => {
  const epoch = 3 * MAX_WINDOW_IDS;
  const now = { xmin: epoch - 10, xmax: epoch + 10 };

  const seen = seenAfter(now, new Set(["4294967290", "5"]), []);

  expect(seen).toEqual([epoch - 6, epoch + 5]);
});

test("seenAfter keeps earlier ids only as long as they can come back", () => {
  expect(seenAfter({ xmin: 100, xmax: 110 }, new Set(["105"]), [90, 99, 100, 105])).toEqual([
    100, 105,
  ]);
});

test("seenAfter keeps the newest ids when there are too many", () => {
  const returned = new Set(Array.from({ length: MAX_SEEN + 5 }, (_, index) => String(index + 100)));

  const seen = seenAfter({ xmin: 100, xmax: 10_000 }, returned, []);

  expect(seen).toHaveLength(MAX_SEEN);
  expect(seen.at(-1)).toBe(MAX_SEEN + 104);
});

test("changedSince tests the window modulo 2^32 and leaves out what was seen, bootstrap and frozen ids", () => {
  const { values, bind } = bound();
  const xmin = 2 * MAX_WINDOW_IDS - 5;
  const since = { snapshot: { xmin, xmax: xmin }, seen: [xmin + 7], tableIds: [1] };

  const condition = changedSince(
    "t",
    { since, now: { snapshot: { xmin, xmax: xmin + 20 }, tableIds: [1] } },
    bind,
  );

  expect(condition).toBe(
    "(((t.xmin::text::bigint - 4294967291) & 4294967295) < 20 and t.xmin <> all($1::xid[]))",
  );
  expect(values).toEqual([[1, 2, 2]]);
});

test("changedSince scans nothing when no id was handed out, except for tables that are new", () => {
  const snapshot = { xmin: 50, xmax: 50 };
  const since = { snapshot, seen: [], tableIds: [1] };

  expect(changedSince("t", { since, now: { snapshot, tableIds: [1] } }, bound().bind)).toBe(
    "false",
  );
  const { values, bind } = bound();
  expect(changedSince("t", { since, now: { snapshot, tableIds: [1, 2] } }, bind)).toBe(
    "(false or t.tableoid = any($1::oid[]))",
  );
  expect(values).toEqual([[2]]);
});

test("versionToRemember leaves out tables that were not locked before the snapshot", () => {
  const { values, bind } = bound();

  const expression = versionToRemember(
    "d",
    { snapshot: { xmin: 3, xmax: 9 }, tableIds: [4] },
    bind,
  );

  expect(expression).toContain("and d.tableoid = any($1::oid[])");
  expect(values).toEqual([[4]]);
});
