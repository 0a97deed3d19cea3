import { expect, test } from "vitest";
import {
  formatCursor,
  type KeptCursor,
  type Present,
  parseCursor,
  whyNotFrom,
} from "../../../../src/systems/postgres/source/kept-cursor.ts";
import { MAX_SEEN, MAX_WINDOW_IDS } from "../../../../src/systems/postgres/source/versions.ts";

const cursor: KeptCursor = {
  of: "definition",
  cluster: "system 1 timeline 00000001 database 5",
  at: "2026-11-20T17:52:56.526440Z",
  since: { snapshot: { xmin: 700, xmax: 750 }, seen: [700, 749], tableIds: [16385, 16390] },
  shape: null,
  to: null,
};

const present: Present = {
  of: cursor.of,
  server: {
    cluster: cursor.cluster,
    snapshot: { xmin: 760, xmax: 770 },
    at: "2026-11-20T18:00:00.000000Z",
    written: null,
    takenAtMs: 0,
    walWriterDelayMs: 200,
  },
  table: null,
  trustsIds: true,
};

test("a cursor reads back as it was written", () => {
  expect(parseCursor(formatCursor(cursor))).toEqual(cursor);
});

test("a cursor fits into a table storage property, however many ids it remembers", () => {
  const xmin = 2 ** 45;
  const seen = Array.from({ length: MAX_SEEN }, (_, index) => xmin + 4_000_000_000 + index);
  const full = {
    ...cursor,
    since: { ...cursor.since, snapshot: { xmin, xmax: xmin + 2 ** 32 }, seen },
  };

  expect(formatCursor(full).length).toBeLessThan(30_000);
  expect(parseCursor(formatCursor(full))).toEqual(full);
});

test.each(["", "{}", "null", "[1", '{"v":2}', formatCursor(cursor).replace('"v":1', '"v":0')])(
  "%j is not a cursor",
  (text) => {
    expect(parseCursor(text)).toBeNull();
    expect(whyNotFrom(null, present)).toBe("the cursor is of another version or damaged");
  },
);

test("a read goes on from a cursor of the same definition, table and history", () => {
  expect(whyNotFrom(cursor, present)).toBeNull();
});

test("ids that run backwards stop a read that trusts them, and no other", () => {
  const older = { ...present, server: { ...present.server, snapshot: { xmin: 740, xmax: 749 } } };

  expect(whyNotFrom(cursor, older)).toContain("run backwards");
  expect(whyNotFrom(cursor, { ...older, trustsIds: false })).toBeNull();
});

test("a cursor from 2^32 ids ago says nothing", () => {
  const later = (xmax: number) => ({
    ...present,
    server: { ...present.server, snapshot: { xmin: xmax, xmax } },
  });

  expect(whyNotFrom(cursor, later(700 + MAX_WINDOW_IDS - 1))).toBeNull();
  expect(whyNotFrom(cursor, later(700 + MAX_WINDOW_IDS))).toContain("so many transactions ago");
});
