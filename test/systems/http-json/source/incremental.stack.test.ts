import { afterEach, beforeEach, expect, test } from "vitest";
import { readAll } from "../../read-all.ts";
import { type Api, startApi } from "./api.ts";

let api: Api;
/** The API's table; its answers hold the rows with `at` not before the asked `from`. */
let table: { id: number; at: string | null; v?: string }[];
/** The API's clock. */
let date: string;

beforeEach(async () => {
  api = await startApi();
  table = [];
  date = "Fri, 20 Nov 2026 12:00:00 GMT";
  api.answer = (url) => {
    const from = url.searchParams.get("since")?.replace("gte:", "") ?? "";
    return {
      headers: { date },
      body: { value: table.filter(({ at }) => at === null || at >= from) },
    };
  };
});
afterEach(() => api.stop());

const definition = {
  columns: [
    { name: "id", type: "integer" },
    { name: "at", type: "datetime" },
    { name: "v", type: "string", optional: true },
  ],
  incremental: {
    by: "cursor-column",
    column: "at",
    filter: { by: "parameter", parameter: "since", template: "gte:{from}" },
    overlapMs: 60_000,
  },
};

const ids = ({ rows }: { rows: readonly (readonly unknown[])[] }) => rows.map(([id]) => id);

test("asks from the newest value that the source returned, less the overlap", async () => {
  table = [
    { id: 1, at: "2026-11-20T11:00:00.5Z" },
    { id: 2, at: "2026-11-20T10:00:00Z" },
  ];
  const source = api.source(definition);
  const first = await readAll(source);
  await readAll(source, first.cursor);

  expect(api.asked).toEqual(["/v1/items", "/v1/items?since=gte:2026-11-20T10:59:00Z"]);
  expect(first.read.window()).toEqual({ from: null, to: "2026-11-20T11:00:00.500000Z" });
});

test("returns late rows and rows of the same instant, and none twice", async () => {
  table = [{ id: 1, at: "2026-11-20T11:00:00Z" }];
  const source = api.source(definition);
  const first = await readAll(source);
  table.push({ id: 2, at: "2026-11-20T11:00:00Z" }, { id: 3, at: "2026-11-20T10:59:30Z" });
  const second = await readAll(source, first.cursor);
  table[0] = { id: 1, at: "2026-11-20T11:00:00Z", v: "changed" };
  const third = await readAll(source, second.cursor);
  const fourth = await readAll(source, third.cursor);

  expect([first, second, third, fourth].map(ids)).toEqual([["1"], ["2", "3"], ["1"], []]);
  expect(third.read.mode).toBe("incremental");
});

test("a row dated in the future does not make later rows be skipped", async () => {
  table = [{ id: 1, at: "2099-01-01T00:00:00Z" }];
  const source = api.source(definition);
  const first = await readAll(source);
  date = "Fri, 20 Nov 2026 13:00:00 GMT";
  table.push({ id: 2, at: "2026-11-20T12:30:00Z" });

  const second = await readAll(source, first.cursor);

  expect(ids(second)).toEqual(["2"]);
  expect(first.read.window().to).toBe("2026-11-20T12:00:00Z");
});

test("a row without a value is returned every time", async () => {
  table = [{ id: 1, at: null }];
  const source = api.source(definition);
  const first = await readAll(source);

  expect(ids(await readAll(source, first.cursor))).toEqual(["1"]);
});

test("a read that finds nothing keeps what was known", async () => {
  table = [{ id: 1, at: "2026-11-20T11:00:00Z" }];
  const source = api.source(definition);
  const first = await readAll(source);
  const kept = table;
  table = [];
  const second = await readAll(source, first.cursor);
  table = kept;
  const third = await readAll(source, second.cursor);

  expect(second.read.window()).toEqual({
    from: first.read.window().to,
    to: first.read.window().to,
  });
  // It is returned once more, since the read between did not see it: never lost, at times repeated.
  expect(ids(third)).toEqual(["1"]);
});

test("filters as OData, joined with the definition's own filter", async () => {
  table = [{ id: 1, at: "2026-11-20T11:00:00Z" }];
  const source = api.source({
    ...definition,
    query: { $filter: "a eq 1 or b eq 2" },
    incremental: { ...definition.incremental, filter: { by: "odata", field: "ModifiedAt" } },
  });
  const first = await readAll(source);
  await readAll(source, first.cursor);

  expect(api.asked[1]).toBe(
    "/v1/items?$filter=(a eq 1 or b eq 2) and ModifiedAt ge 2026-11-20T10:59:00Z",
  );
});

test.each([
  ["the cursor is of another version", "{}", {}],
  ["the definition of the source", null, { query: { x: "1" } }],
])("reads in full and says '%s'", async (reason, cursor, change) => {
  table = [{ id: 1, at: "2026-11-20T11:00:00Z" }];
  const first = await readAll(api.source(definition));

  const second = await readAll(api.source({ ...definition, ...change }), cursor ?? first.cursor);

  expect(second.read.mode).toBe("full");
  expect(second.read.fullBecause).toContain(reason);
  expect(ids(second)).toEqual(["1"]);
});

test("a full read on request asks without a filter", async () => {
  table = [{ id: 1, at: "2026-11-20T11:00:00Z" }];
  const source = api.source(definition);
  const first = await readAll(source);
  const second = await readAll(source, first.cursor, "full");

  expect(ids(second)).toEqual(["1"]);
  expect(api.asked[1]).toBe("/v1/items");
  expect(second.read.fullBecause).toBeNull();
});
