import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Api, aRequest, inTurn, startApi, targetOf, writeAll } from "./api.ts";

let api: Api;

beforeAll(async () => {
  api = await startApi();
});
beforeEach(() => {
  api.requests.length = 0;
  api.answer = () => ({ status: 201 });
});
afterAll(() => api.stop());

const ids = (count: number) => Array.from({ length: count }, (_, index) => [String(index + 1)]);
const sentIds = () =>
  api.requests.map(({ body }) => [JSON.parse(body)].flat().map(({ id }: { id: number }) => id));

test("a refused object is a refused row, in the API's words", async () => {
  api.answer = ({ body }) =>
    body.includes('"id":2')
      ? {
          status: 422,
          body: { type: "about:blank", title: "Invalid", detail: "price\nis missing" },
        }
      : { status: 201 };

  const failures = await writeAll(targetOf(api), aRequest("id:integer"), ids(3));

  expect(failures).toEqual([
    { row: 2, field: null, value: null, reason: "is refused with status 422: price is missing" },
  ]);
  expect(sentIds()).toEqual([[1], [2], [3]]);
});

test("a refused array is sent in halves, until the rows that are to blame stand alone", async () => {
  const bad = new Set([3, 14]);
  const kept: number[] = [];
  api.answer = ({ body }) => {
    const rows: { id: number }[] = JSON.parse(body);
    if (rows.some(({ id }) => bad.has(id))) {
      return { status: 400, body: { error: { message: "bad item" } } };
    }
    kept.push(...rows.map(({ id }) => id));
    return { status: 200, body: [{ status: "active" }] };
  };

  const failures = await writeAll(
    targetOf(api, { definition: { batchRows: 16 } }),
    aRequest("id:integer"),
    ids(16),
  );

  expect(failures.map(({ row, reason }) => [row, reason])).toEqual([
    [3, "is refused with status 400: bad item"],
    [14, "is refused with status 400: bad item"],
  ]);
  expect(kept.toSorted((a, b) => a - b)).toEqual([1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16]);
  const keys = api.requests.map(({ headers }) => headers["idempotency-key"]);
  expect(new Set(keys).size).toBe(keys.length);
});

test("when every row is bad, sends fewer than twice as many requests as rows", async () => {
  api.answer = () => ({ status: 413 });

  const failures = await writeAll(
    targetOf(api, { definition: { batchRows: 64 } }),
    aRequest("id:integer"),
    ids(64),
  );

  expect(failures).toHaveLength(64);
  expect(api.requests).toHaveLength(127);
});

test("takes the result of each item where the definition says", async () => {
  const definition = {
    batchRows: 4,
    results: { at: "outcome.items", status: "code", reason: "problem.text" },
  };
  api.answer = () => ({
    status: 200,
    body: {
      outcome: {
        items: [
          { code: 201 },
          { code: "409", problem: { text: "is there already" } },
          { code: false, problem: {} },
          { problem: { text: "no group" } },
        ],
      },
    },
  });

  const failures = await writeAll(targetOf(api, { definition }), aRequest("id:integer"), ids(4));

  expect(failures.map(({ row, reason }) => [row, reason])).toEqual([
    [2, "is refused with status 409: is there already"],
    [3, "is refused"],
    [4, "is refused: no group"],
  ]);
});

test("understands a multi-status answer unasked, and sends again what is to come later", async () => {
  const waits: number[] = [];
  api.answer = inTurn(
    { status: 207, body: [{ status: 429 }, { status: 400, message: "bad" }, { status: 200 }] },
    { status: 207, body: [{ status: 503 }] },
    { status: 201 },
  );

  const failures = await writeAll(
    targetOf(api, { definition: { batchRows: 3 }, onWait: (ms) => waits.push(ms) }),
    aRequest("id:integer"),
    ids(3),
  );

  expect(failures.map(({ row, reason }) => [row, reason])).toEqual([
    [2, "is refused with status 400: bad"],
  ]);
  expect(sentIds()).toEqual([[1, 2, 3], [1], [1]]);
  expect(waits).toEqual([1_000, 1_000]);
});

test("a refused array whose answer names the bad items is sent again without them", async () => {
  api.answer = inTurn(
    { status: 400, body: [{ status: 200 }, { status: 422, message: "bad" }, { status: 200 }] },
    { status: 201 },
  );

  const failures = await writeAll(
    targetOf(api, { definition: { batchRows: 3 } }),
    aRequest("id:integer"),
    ids(3),
  );

  expect(failures.map(({ row }) => row)).toEqual([2]);
  expect(sentIds()).toEqual([
    [1, 2, 3],
    [1, 3],
  ]);
});

test("does not take created rows, which have a status of their own, for results", async () => {
  api.answer = () => ({
    status: 201,
    body: [
      { id: 1, status: 500, message: "hello" },
      { id: 2, status: false },
    ],
  });

  const failures = await writeAll(
    targetOf(api, { definition: { batchRows: 2 } }),
    aRequest("id:integer"),
    ids(2),
  );

  expect(failures).toEqual([]);
});

test("insists on the results that the definition promises", async () => {
  api.answer = () => ({ status: 200, body: [{ status: 200 }] });

  const writing = writeAll(
    targetOf(api, { definition: { batchRows: 2, results: {} } }),
    aRequest("id:integer"),
    ids(2),
  );

  await expect(writing).rejects.toMatchObject({
    code: "target-invalid",
    message: expect.stringContaining("has no array of 2 results as its body"),
  });
});

test.each([401, 403, 404, 405, 415, 302])(
  "status %i is about the definition, not the row",
  async (status) => {
    api.answer = () => ({ status, headers: { location: "http://169.254.169.254/" } });

    const writing = writeAll(targetOf(api), aRequest("id:integer"), ids(1));

    await expect(writing).rejects.toMatchObject({
      code: "target-invalid",
      message: expect.stringContaining(`/api/items": status ${status}`),
    });
    expect(api.requests).toHaveLength(1);
  },
);

test("status 404 is about the row when the path names it", async () => {
  api.answer = () => ({ status: 404 });

  const failures = await writeAll(
    targetOf(api, { definition: { method: "PATCH", path: "items/{id}" } }),
    aRequest("id:integer"),
    ids(1),
  );

  expect(failures.map(({ reason }) => reason)).toEqual(["is refused with status 404"]);
});

test("repeats no secret that the API repeats, and no page of HTML", async () => {
  api.answer = inTurn(
    { status: 400, body: { message: "bad token s3cret-token" } },
    { status: 400, body: "<html>oops</html>" },
    { status: 400, body: "plain words" },
  );

  const failures = await writeAll(targetOf(api), aRequest("id:integer"), ids(3));

  expect(failures.map(({ reason }) => reason)).toEqual([
    "is refused with status 400",
    "is refused with status 400",
    "is refused with status 400: plain words",
  ]);
});

test("what an API says of itself names no host to partners", async () => {
  const { host } = new URL(api.baseUrl);
  const detail = `see ${api.baseUrl}errors/7 at ${host.toUpperCase()}`;
  api.answer = () => ({ status: 422, body: { detail } });

  const [failure] = await writeAll(targetOf(api), aRequest("id:integer"), ids(1));

  expect(failure?.reason).toContain(host);
  expect(failure?.partnerReason).toBe(
    "is refused with status 422: see (the API)/api/errors/7 at (the API)",
  );
});
