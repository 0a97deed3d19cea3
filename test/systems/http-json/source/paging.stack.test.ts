import { afterEach, beforeEach, expect, test } from "vitest";
import { readAll } from "../../read-all.ts";
import { type Api, startApi } from "./api.ts";

let api: Api;

beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.stop());

const one = (id: number) => [{ id }];

test("odata-nextlink: follows absolute and relative links to the last page", async () => {
  api.answer = (url) => {
    switch (url.searchParams.get("page")) {
      case null:
        return { body: { value: one(1), "@odata.nextLink": `${api.origin}/v1/items?page=2` } };
      case "2":
        return { body: { value: one(2), "@odata.nextLink": "?page=3" } };
      default:
        return { body: { value: one(3) } };
    }
  };

  const { rows, read } = await readAll(
    api.source({ paging: { by: "odata-nextlink" }, query: { $select: "id" } }),
  );

  expect(rows).toEqual([["1"], ["2"], ["3"]]);
  expect(api.asked).toEqual(["/v1/items?$select=id", "/v1/items?page=2", "/v1/items?page=3"]);
  expect(read.columns).toEqual([{ name: "id", type: "integer" }]);
});

test("link-header: finds rel=next among other links", async () => {
  api.answer = (url) =>
    url.searchParams.has("p")
      ? { body: one(2), headers: { link: '<items?p=0>; rel="prev"' } }
      : {
          body: one(1),
          headers: { link: '<items?p=0>; title="a, b"; rel="first", <items?p=2>; rel="last next"' },
        };

  const { rows } = await readAll(api.source({ paging: { by: "link-header" }, rowsAt: "" }));

  expect(rows).toEqual([["1"], ["2"]]);
});

test.each([null, "", undefined])("cursor: sends the text back until it is %j", async (last) => {
  api.answer = (url) =>
    url.searchParams.get("after") === "a/b=+"
      ? { body: { data: { rows: one(2), page: { next: last } } } }
      : { body: { data: { rows: one(1), page: { next: "a/b=+" } } } };

  const { rows } = await readAll(
    api.source({
      paging: { by: "cursor", at: "data.page.next", parameter: "after" },
      rowsAt: "data.rows",
    }),
  );

  expect(rows).toEqual([["1"], ["2"]]);
});

test("offset: goes on by what it received, also after a short page, until a page is empty", async () => {
  const sizes = [3, 1, 2, 0];
  api.answer = () => {
    const size = sizes.shift() ?? 0;
    return {
      body: { value: Array.from({ length: size }, (_, index) => ({ id: index + size * 10 })) },
    };
  };
  const paging = { by: "offset", parameter: "skip", limitParameter: "take", limit: 100 };

  const { rows } = await readAll(api.source({ paging }));

  expect(rows).toHaveLength(6);
  expect(api.asked).toEqual([
    "/v1/items?skip=0&take=100",
    "/v1/items?skip=3&take=100",
    "/v1/items?skip=4&take=100",
    "/v1/items?skip=6&take=100",
  ]);
});

test("asks for a page only when the rows before it are used", async () => {
  api.answer = (url) => {
    const page = Number(url.searchParams.get("page") ?? 1);
    return { body: { value: one(page), "@odata.nextLink": `?page=${page + 1}` } };
  };
  const { batches } = await api
    .source({ paging: { by: "odata-nextlink" } })
    .read({ cursor: null, mode: "full", signal: new AbortController().signal });
  const iterator = batches[Symbol.asyncIterator]();

  await iterator.next();
  const askedForOne = api.asked.length;
  await iterator.next();
  await iterator.return?.();

  expect([askedForOne, api.asked.length]).toEqual([1, 2]);
});

test.each([
  [
    "a link that leads back",
    { by: "odata-nextlink" },
    { value: one(1), "@odata.nextLink": "items" },
  ],
  [
    "a cursor that repeats",
    { by: "cursor", at: "next", parameter: "c" },
    { value: one(1), next: 7 },
  ],
  [
    "an offset that the server does not know",
    { by: "offset", parameter: "skip", limitParameter: "take", limit: 10 },
    { value: one(1) },
  ],
])("%s ends as paging in circles", async (_case, paging, body) => {
  api.answer = () => ({ body });

  await expect(readAll(api.source({ paging }))).rejects.toMatchObject({
    code: "source-invalid",
    message: expect.stringContaining("leads in circles"),
  });
  expect(api.asked.length).toBeLessThanOrEqual(3);
});

test("paging without end stops at maxPages", async () => {
  let page = 0;
  api.answer = () => {
    page += 1;
    return { body: { value: one(page), "@odata.nextLink": `?page=${page}` } };
  };

  const reading = readAll(api.source({ paging: { by: "odata-nextlink" }, maxPages: 5 }));

  await expect(reading).rejects.toMatchObject({
    code: "source-invalid",
    message: expect.stringContaining("more than 5 pages"),
  });
  expect(page).toBe(5);
});

test("a column that a later page names is there; one that none names is an error, not a column of nulls", async () => {
  const columns = [
    { name: "id", type: "integer" },
    { name: "price", type: "integer" },
  ];
  const pages = (second: object) => (url: URL) =>
    url.searchParams.has("page")
      ? { body: { value: [second] } }
      : { body: { value: one(1), "@odata.nextLink": "?page=2" } };
  const read = () => readAll(api.source({ columns, paging: { by: "odata-nextlink" } }));

  api.answer = pages({ id: 2, price: 3 });
  expect((await read()).rows).toEqual([
    ["1", null],
    ["2", "3"],
  ]);

  api.answer = pages({ id: 2, cost: 3 });
  await expect(read()).rejects.toMatchObject({
    code: "source-invalid",
    message: expect.stringContaining('no row has a value or a null for "price"'),
  });
});
