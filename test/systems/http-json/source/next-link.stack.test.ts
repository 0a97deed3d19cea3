import { afterEach, beforeEach, expect, test } from "vitest";
import { readAll } from "../../read-all.ts";
import { type Answer, type Api, startApi } from "./api.ts";

let api: Api;

beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.stop());

const one = (id: number) => [{ id }];
const odata = { by: "odata-nextlink" };
const bearer = { kind: "bearer", token: "t0ken" } as const;

function twoPages(first: Answer, last: Answer = { body: { value: one(2) } }): void {
  api.answer = (url) => (url.searchParams.has("page") ? last : first);
}

test.each([
  ["@odata.nextLink", { value: one(1), "@odata.nextLink": "items?page=2" }],
  ["@nextLink", { value: one(1), "@nextLink": "items?page=2" }],
  ["odata.nextLink", { value: one(1), "odata.nextLink": "items?page=2" }],
  ["nextLink", { value: one(1), nextLink: "items?page=2" }],
  ["@Odata.NextLink", { value: one(1), "@Odata.NextLink": "items?page=2" }],
  [
    "two names for one link",
    { value: one(1), "@nextLink": "?page=2", "@odata.nextLink": "?page=2" },
  ],
])("%s is followed", async (_case, body) => {
  twoPages({ body });

  const { rows } = await readAll(api.source({ paging: odata }));

  expect(rows).toEqual([["1"], ["2"]]);
});

test("d.__next of OData 2 is followed, to the page that has none", async () => {
  const next = `${api.origin}/v1/items?page=2`;
  twoPages(
    { body: { d: { results: one(1), __next: next } } },
    { body: { d: { results: one(2) } } },
  );

  const { rows } = await readAll(api.source({ paging: odata, rowsAt: "d.results" }));

  expect(rows).toEqual([["1"], ["2"]]);
});

test.each([
  ["@odata.context", "items?page=2", "../v1/odata/$metadata#Items", "/v1/odata/items?page=2"],
  ["@context", "items?page=2", "odata/$metadata", "/v1/odata/items?page=2"],
  ["odata.metadata", "items?page=2", "odata/$metadata#Items", "/v1/odata/items?page=2"],
  ["@odata.context", "/v1/x?page=2", "odata/$metadata", "/v1/x?page=2"],
])("a relative link counts from %s", async (...[name, link, context, asked]) => {
  twoPages({ body: { [name]: context, value: one(1), "@odata.nextLink": link } });

  const { rows } = await readAll(api.source({ paging: odata }));

  expect(rows).toEqual([["1"], ["2"]]);
  expect(api.asked).toEqual(["/v1/items", asked]);
});

test("a page without rows that has a next page is not the end", async () => {
  twoPages({ body: { value: [], "@odata.nextLink": "?page=2" } });

  expect((await readAll(api.source({ paging: odata }))).rows).toEqual([["2"]]);
});

const cursor = { by: "cursor", at: "next", parameter: "page" };
const offset = { by: "offset", parameter: "skip", limitParameter: "top", limit: 1 };
const header = (link: string): Answer => ({ body: { value: one(1) }, headers: { link } });
const body = (members: object): Answer => ({ body: { value: one(1), ...members } });

test.each<[string, object, Answer, string]>([
  ["a link that is a number", odata, body({ "@odata.nextLink": 2.5 }), "is not text"],
  ["a link that is an object", odata, body({ "@nextLink": { url: "?page=2" } }), "is not text"],
  ["a link that is false", odata, body({ "odata.nextLink": false }), "is not text"],
  ["a link that is not an address", odata, body({ "@nextLink": "http://" }), "is not an address"],
  ["a context that is not text", odata, body({ "@nextLink": "x", "@context": 1.5 }), "is not text"],
  [
    "links that differ",
    odata,
    body({ "@nextLink": "?a", "@odata.nextLink": "?b" }),
    "not the same",
  ],
  ["a cursor that is an object", cursor, body({ next: { id: 1 } }), "neither text nor number"],
  ["a cursor that is a list", cursor, body({ next: [] }), "neither text nor number"],
  ["a cursor that is true", cursor, body({ next: true }), "neither text nor number"],
  [
    "a Link header without an end",
    { by: "link-header" },
    header("<?page=2; rel=next"),
    "cannot be read",
  ],
  [
    "a quoted text without an end",
    { by: "link-header" },
    header('<?a>; rel="next'),
    "cannot be read",
  ],
  [
    "header links that differ",
    { by: "link-header" },
    header("<?a>; rel=next, <?b>; rel=next"),
    "not the same",
  ],
  [
    "a next page that nobody asked for",
    { by: "none" },
    body({ "@odata.nextLink": "?page=2" }),
    "odata-nextlink",
  ],
  ["a link where a cursor was asked for", cursor, body({ nextLink: "?page=2" }), "odata-nextlink"],
  [
    "a link behind an empty page by offset",
    offset,
    { body: { value: [], "@odata.nextLink": "?page=2" } },
    "odata-nextlink",
  ],
  ["a next page in the header alone", { by: "none" }, header("<?page=2>; rel=next"), "link-header"],
  ["a next page in the wrong place", odata, header("<?page=2>; rel=next"), "link-header"],
])("%s is refused, and not taken for the end", async (...[, paging, answer, because]) => {
  api.answer = () => answer;

  await expect(readAll(api.source({ paging }))).rejects.toMatchObject({
    code: "source-invalid",
    message: expect.stringContaining(because),
  });
});

test.each([
  '<?page=2>; rel="next"',
  "<?page=2>;rel=next",
  '<?page=2> ; title="a, <b>; rel=first" ; REL = "prev NEXT"',
  '<?page=1>; title="quoted \\"; rel=next, <x>; rel=\\"next", <?page=2>; rel=next',
  '</a,b;c>; rel="self", <?page=2>; rel=next; rel=prev',
  '<?page=1>; rel="next"; anchor="https://elsewhere.example/", <?page=2>; rel="next"',
  ", ,<?page=2>; rel=next,",
  "<?page=2>; rel='next'",
])("the Link header %s leads to the second page", async (link) => {
  twoPages({ body: { value: one(1) }, headers: { link } });

  expect((await readAll(api.source({ paging: { by: "link-header" } }))).rows).toEqual([
    ["1"],
    ["2"],
  ]);
});

test.each([
  '<?page=2>; title="; rel=next"',
  '<?page=2>; rel="nextish"',
  '<?page=2>; title="\\"; rel=next"',
])("the Link header %s leads nowhere", async (link) => {
  twoPages({ body: { value: one(1) }, headers: { link } });

  expect((await readAll(api.source({ paging: { by: "link-header" } }))).rows).toEqual([["1"]]);
});

test("a next link out of the base URL is refused, and gets neither the secret nor a request", async () => {
  const other = await startApi();
  const links = [
    ...[`${other.origin}/v1/items`, "//evil.example/items", "file:///etc/passwd"],
    ...[api.origin.replace("//", "//user@"), api.origin.replace("//", "//:pass@")],
    ...[
      "/v2/items",
      "/",
      "../admin",
      "%2e%2e/admin",
      "%2E./admin",
      "..%2fadmin",
      "x/..%5c..%5cadmin",
    ],
    ...["%252e%252e/admin", "..%252fadmin", "..;/admin", "/v1x/items", "\\\\evil.example\\items"],
    api.origin.replace("http:", "https:").concat("/v1/items"),
  ];
  for (const link of links) {
    api.answer = () => ({ body: { value: one(1), "@odata.nextLink": link } });

    const reading = readAll(api.source({ paging: odata }, bearer));

    await expect(reading, link).rejects.toMatchObject({
      code: "source-invalid",
      message: expect.stringContaining("leads out of the connection's base URL"),
    });
  }
  await other.stop();
  expect(other.asked).toEqual([]);
  expect(api.asked).toHaveLength(links.length);
});

test("a next link goes where the connection allows it, with the secret, and no further", async () => {
  const other = await startApi();
  other.answer = () => ({ body: { value: one(2), "@odata.nextLink": "/private" } });
  twoPages({ body: { value: one(1), "@odata.nextLink": `${other.origin}/open/items` } });
  const nextLinks = [`${other.origin}/open`];

  const reading = readAll(api.source({ paging: odata }, bearer, nextLinks));

  await expect(reading).rejects.toThrow("leads out");
  await other.stop();
  expect(other.requests.map(({ url, headers }) => [url, headers.authorization])).toEqual([
    ["/open/items", "Bearer t0ken"],
  ]);
});
