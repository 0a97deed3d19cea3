import { afterEach, beforeEach, expect, test } from "vitest";
import { CannotGoOn } from "../../../../src/domain/source.ts";
import { readAll, readInStretches, readStretch } from "../../read-all.ts";
import { type Answer, type Api, startApi } from "./api.ts";

let api: Api;

beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.stop());

const PAGES = 7;
const DATE = "Fri, 20 Nov 2026 12:00:00 GMT";
const ROWS = Array.from({ length: 2 * PAGES }, (_, index) => ({
  id: index,
  at: new Date(Date.UTC(2026, 10, 20, 11, 59, index)).toISOString(),
}));
const SECRET = "tok3n&of=the/link";

interface Paged {
  readonly paging: object;
  readonly rowsAt: string;
  answer(url: URL): Answer;
}

const pageOf = (page: number) => ROWS.slice(2 * page, 2 * page + 2);
const linkTo = (page: number) => `items?page=${page}&token=${encodeURIComponent(SECRET)}`;

/** The same rows, by each way from page to page. */
const WAYS: Record<string, Paged> = {
  "odata-nextlink": {
    paging: { by: "odata-nextlink" },
    rowsAt: "value",
    answer: (url) => {
      const page = Number(url.searchParams.get("page"));
      const next = page + 1 < PAGES ? { "@odata.nextLink": linkTo(page + 1) } : {};
      return { body: { value: pageOf(page), ...next } };
    },
  },
  "link-header": {
    paging: { by: "link-header" },
    rowsAt: "",
    answer: (url) => {
      const page = Number(url.searchParams.get("page"));
      const headers = page + 1 < PAGES ? { link: `<${linkTo(page + 1)}>; rel="next"` } : {};
      return { body: pageOf(page), headers };
    },
  },
  cursor: {
    paging: { by: "cursor", at: "next", parameter: "after" },
    rowsAt: "value",
    answer: (url) => {
      const page = Number(url.searchParams.get("after")?.slice(SECRET.length) ?? 0);
      const next = page + 1 < PAGES ? { next: `${SECRET}${page + 1}` } : {};
      return { body: { value: pageOf(page), ...next } };
    },
  },
  offset: {
    paging: { by: "offset", parameter: "skip", limitParameter: "take", limit: 2 },
    rowsAt: "value",
    answer: (url) => ({ body: { value: pageOf(Number(url.searchParams.get("skip")) / 2) } }),
  },
};

const COLUMNS = [
  { name: "id", type: "integer" },
  { name: "at", type: "datetime" },
];
const INCREMENTAL = {
  by: "cursor-column",
  column: "at",
  filter: { by: "parameter", parameter: "since" },
  overlapMs: 600_000,
};

function define(way: Paged, definition: object = {}, auth?: Parameters<Api["source"]>[1]) {
  api.answer = (url) => {
    const answer = way.answer(url);
    return { ...answer, headers: { date: DATE, ...answer.headers } };
  };
  const { paging, rowsAt } = way;
  return api.source(
    { paging, rowsAt, columns: COLUMNS, incremental: INCREMENTAL, ...definition },
    auth,
  );
}

test.each(Object.entries(WAYS))(
  "%s: pages that are read in stretches give what one read gives, and each page is asked for once",
  async (by, way) => {
    const source = define(way);
    const whole = await readAll(source);
    const askedAtOnce = api.asked.splice(0);

    const { rows, cursor, stretches } = await readInStretches(source);

    expect(rows).toEqual(whole.rows);
    expect(cursor).toBe(whole.cursor);
    expect(api.asked).toEqual(askedAtOnce);
    expect(stretches).toBe(by === "offset" ? PAGES + 1 : PAGES);
    // the next read returns none of these rows again
    expect((await readInStretches(source, cursor)).rows).toEqual([]);
  },
);

test("the window of a read that goes on is that of the first read", async () => {
  const source = define(WAYS["odata-nextlink"] as Paged, { incremental: { by: "none" } });
  const { place } = await readStretch(source, null, null);
  const answer = api.answer;
  api.answer = (url, request) => ({
    ...(answer(url, request) as Answer),
    headers: { date: "Fri, 20 Nov 2026 15:00:00 GMT" },
  });

  const signal = new AbortController().signal;
  const read = await source.read({ cursor: null, mode: "incremental", signal, place });

  expect(read.window().to).toBe("2026-11-20T12:00:00Z");
});

const BEARER = { kind: "bearer", token: "s3cret" } as const;
const byLink = WAYS["odata-nextlink"] as Paged;

test.each(["odata-nextlink", "link-header", "cursor"])(
  "%s: a place does not show what stands in a link, and equal places are equal texts",
  async (by) => {
    const source = define(WAYS[by] as Paged, {}, BEARER);

    const { place } = await readStretch(source, null, null);

    expect(place).not.toContain(SECRET);
    expect(place).not.toContain(encodeURIComponent(SECRET));
    expect(place).not.toContain(BEARER.token);
    expect(place).not.toContain("items?");
    expect((await readStretch(source, null, null)).place).toBe(place);
  },
);

test("a read does not go on with another secret, definition or address", async () => {
  const { place } = await readStretch(define(byLink, {}, BEARER), null, null);

  const others = [
    define(byLink, {}, { ...BEARER, token: "another" }),
    define(byLink, { query: { $top: "5" } }, BEARER),
    define(byLink, { columns: [...COLUMNS].reverse() }, BEARER),
  ];
  for (const source of others) {
    await expect(readStretch(source, null, place)).rejects.toBeInstanceOf(CannotGoOn);
  }
  await expect(readStretch(define(byLink, {}, BEARER), null, '{"v":2}')).rejects.toBeInstanceOf(
    CannotGoOn,
  );
});

test.each([
  ["410", { status: 410 }],
  ["404", { status: 404 }],
  ["400", { status: 400, body: { error: "skiptoken expired" } }],
  ["200 and an error", { body: { error: "skiptoken expired" } }],
  ["200 and nothing", { body: { value: [] } }],
])("a link that has expired, answered by %s, has the read begin anew", async (_, answer) => {
  const source = define(byLink);
  const { place } = await readStretch(source, null, null);
  api.answer = () => answer;

  await expect(readStretch(source, null, place)).rejects.toBeInstanceOf(CannotGoOn);
});

test("an API that is away when a read goes on may be back later", async () => {
  const source = define(byLink);
  const { place } = await readStretch(source, null, null);
  api.answer = () => ({ status: 503 });

  await expect(readStretch(source, null, place)).rejects.toMatchObject({
    code: "source-unavailable",
  });
});

test("a page without rows can be stopped at, and so can pages none of whose rows are new", async () => {
  const source = define({
    paging: { by: "odata-nextlink" },
    rowsAt: "value",
    answer: (url) => {
      const page = Number(url.searchParams.get("page"));
      return {
        body: {
          value: page === 3 ? pageOf(0) : [],
          ...(page < 3 ? { "@nextLink": linkTo(page + 1) } : {}),
        },
      };
    },
  });

  const { rows, stretches } = await readInStretches(source);

  expect([rows.length, stretches]).toEqual([2, 4]);
});

test("paging that leads in circles is found when each page is a read of its own", async () => {
  const source = define({
    ...byLink,
    answer: (url) => {
      const page = Number(url.searchParams.get("page"));
      return { body: { value: pageOf(0), "@odata.nextLink": linkTo(page < 5 ? page + 1 : 2) } };
    },
  });

  await expect(readInStretches(source)).rejects.toMatchObject({
    code: "source-invalid",
    message: expect.stringContaining("leads in circles"),
  });
  expect(api.asked.length).toBeLessThan(20);
});

test("pages are counted across the reads", async () => {
  const source = define(byLink, { maxPages: 4 });

  await expect(readInStretches(source)).rejects.toMatchObject({
    message: expect.stringContaining("more than 4 pages"),
  });
});

test("an offset that the server does not know is found when each page is a read of its own", async () => {
  const source = define({
    ...(WAYS.offset as Paged),
    answer: () => ({ body: { value: pageOf(0) } }),
  });

  await expect(readInStretches(source)).rejects.toMatchObject({
    message: expect.stringContaining("leads in circles"),
  });
});

test("a column that only a page of the first read names is not missed; one that none names is", async () => {
  const price = { name: "price", type: "integer" };
  const withPrice = (on: number): Paged => ({
    ...byLink,
    answer: (url) => {
      const page = Number(url.searchParams.get("page"));
      const rows = pageOf(page).map((row) => (page === on ? { ...row, price: 1 } : row));
      const next = page + 1 < PAGES ? { "@odata.nextLink": linkTo(page + 1) } : {};
      return { body: { value: rows, ...next } };
    },
  });
  const columns = [...COLUMNS, price];

  expect((await readInStretches(define(withPrice(0), { columns }))).rows).toHaveLength(2 * PAGES);
  await expect(readInStretches(define(withPrice(-1), { columns }))).rejects.toMatchObject({
    message: expect.stringContaining(
      'no row has a value or a null for "price"; a row has "id", "at"',
    ),
  });
});

test("in the middle of a page there is no place", async () => {
  const many = Array.from({ length: 2_500 }, (_, id) => ({ id, at: ROWS[0]?.at }));
  const source = define({
    ...byLink,
    answer: (url) =>
      url.searchParams.has("page")
        ? { body: { value: pageOf(0) } }
        : { body: { value: many, "@odata.nextLink": linkTo(1) } },
  });

  const { rows } = await readStretch(source, null, null);

  expect(rows).toHaveLength(2_500);
});
