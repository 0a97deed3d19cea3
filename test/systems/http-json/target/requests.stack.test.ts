import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Api, aRequest, startApi, targetOf, writeAll } from "./api.ts";

let api: Api;

beforeAll(async () => {
  api = await startApi();
});
beforeEach(() => {
  api.requests.length = 0;
  api.answer = () => ({ status: 201 });
});
afterAll(() => api.stop());

test("sends each row as an object with every digit, to the connection's own address and with its secret", async () => {
  const target = targetOf(api, { definition: { query: { "api-version": "1" } } });

  const failures = await writeAll(
    target,
    aRequest("id:integer price:decimal ratio:double on:boolean body:json data:binary day:date"),
    [
      ["9223372036854775807", "1.50", "1e-7", "true", '{"n": 1.10}', "AP8=", "2024-02-29"],
      ["1", null, null, null, null, null, null],
    ],
  );

  expect(failures).toEqual([]);
  expect(api.requests.map(({ method, path, body }) => [method, path, body])).toEqual([
    [
      "POST",
      "/api/items?api-version=1",
      '{"id":9223372036854775807,"price":1.50,"ratio":1e-7,"on":true,"body":{"n": 1.10},"data":"AP8=","day":"2024-02-29"}',
    ],
    [
      "POST",
      "/api/items?api-version=1",
      '{"id":1,"price":null,"ratio":null,"on":null,"body":null,"data":null,"day":null}',
    ],
  ]);
  expect(api.requests[0]?.headers).toMatchObject({
    authorization: "Bearer s3cret-token",
    "content-type": "application/json",
  });
});

test("sends arrays, numbers as strings and no nulls, where asked for", async () => {
  const definition = {
    batchRows: 2,
    rowsAt: "data.rows",
    integers: "string",
    decimals: "string",
    nulls: "omit",
  };
  const connection = { auth: { kind: "key", header: "X-Key", key: "s3cret-token" } } as const;

  await writeAll(
    targetOf(api, { definition, connection }),
    aRequest("id:integer price:decimal name"),
    [
      ["1", "1.50", null],
      ["2", null, ""],
      ["3", null, "x"],
    ],
  );

  expect(api.requests.map(({ body }) => body)).toEqual([
    '{"data":{"rows":[{"id":"1","price":"1.50"},{"id":"2","name":""}]}}',
    '{"data":{"rows":[{"id":"3","name":"x"}]}}',
  ]);
  expect(api.requests[0]?.headers["x-key"]).toBe("s3cret-token");
});

test("puts the key into the path, whatever characters it holds", async () => {
  const definition = {
    method: "PATCH",
    path: "Items(no='{no}',area={area})/x",
    pathColumnsInBody: false,
  };

  const failures = await writeAll(targetOf(api, { definition }), aRequest("no area name"), [
    ["O'Neil/../x?#%", "a b'c", "first"],
    ["", "a", "empty"],
    [null, "a", "null"],
    ["\ud83d", "a", "half"],
  ]);

  expect(api.requests.map(({ method, path, body }) => [method, path, body])).toEqual([
    [
      "PATCH",
      "/api/Items(no='O%27%27Neil%2F..%2Fx%3F%23%25',area=a%20b%27c)/x",
      '{"name":"first"}',
    ],
  ]);
  expect(failures.map(({ row, field, reason }) => [row, field, reason])).toEqual([
    [2, "no", "must have a value: it stands in the path"],
    [3, "no", "must have a value: it stands in the path"],
    [4, "no", "must not hold one half of a character pair"],
  ]);
});

test.each([".", ".."])("lets no key %j climb out of the path", async (no) => {
  const failures = await writeAll(
    targetOf(api, { definition: { method: "PUT", path: "items/{no}" } }),
    aRequest("no name"),
    [[no, "x"]],
  );

  expect(failures.map(({ row, field }) => [row, field])).toEqual([[1, "no"]]);
  expect(api.requests).toEqual([]);
});

test("refuses values that JSON cannot hold, and sends the others", async () => {
  const failures = await writeAll(
    targetOf(api, { definition: { batchRows: 10 } }),
    aRequest("id:integer ratio:double body:json on:boolean"),
    [
      ["1", "NaN", null, null],
      ["007", null, null, null],
      ["3", null, "{", null],
      ["4", null, null, "yes"],
      ["5", "0.1", "null", "false"],
    ],
  );

  expect(failures).toEqual([
    { row: 1, field: "ratio", value: "NaN", reason: "must be a number that JSON can hold" },
    { row: 2, field: "id", value: "007", reason: "must be a number that JSON can hold" },
    { row: 3, field: "body", value: "{", reason: "must be a JSON text" },
    { row: 4, field: "on", value: "yes", reason: "must be true or false" },
  ]);
  expect(api.requests.map(({ body }) => body)).toEqual([
    '[{"id":5,"ratio":0.1,"body":null,"on":false}]',
  ]);
});

test("identifies the same rows of a run by the same text, and nothing else by it", async () => {
  const keys = async (runId: string, batchRows: number) => {
    api.requests.length = 0;
    await writeAll(
      targetOf(api, { definition: { batchRows } }),
      aRequest("id:integer", { runId }),
      [["1"], ["2"], ["3"]],
    );
    return api.requests.map(({ headers }) => headers["idempotency-key"]);
  };

  const first = await keys("run-1", 2);
  const again = await keys("run-1", 2);
  const cutAnew = await keys("run-1", 3);
  const other = await keys("run-2", 2);

  expect(again).toEqual(first);
  expect(new Set([...first, ...cutAnew, ...other]).size).toBe(5);
});

test("sends the identity in the header of its choice, or not at all", async () => {
  await writeAll(
    targetOf(api, { definition: { idempotencyHeader: "X-Request-Id" } }),
    aRequest("id:integer"),
    [["1"]],
  );
  await writeAll(
    targetOf(api, { definition: { idempotencyHeader: null } }),
    aRequest("id:integer"),
    [["1"]],
  );

  expect(api.requests[0]?.headers["x-request-id"]).toMatch(/^[\w-]{43}$/);
  expect(api.requests[1]?.headers).not.toHaveProperty("idempotency-key");
});

test("a mere check sends nothing, or asks the API to keep nothing and shows no identity", async () => {
  const request = aRequest("id:integer", { validateOnly: true, atomic: true });

  const locally = await writeAll(targetOf(api), request, [["1"], ["x"]]);
  const sent = api.requests.length;
  api.answer = () => ({ status: 422, body: { detail: "no such group" } });
  const remotely = await writeAll(
    targetOf(api, { definition: { validateQuery: { dryRun: "true" } } }),
    request,
    [["1"]],
  );

  expect(locally.map(({ row }) => row)).toEqual([2]);
  expect(sent).toBe(0);
  expect(remotely).toEqual([
    { row: 1, field: null, value: null, reason: "is refused with status 422: no such group" },
  ]);
  expect(api.requests[0]?.path).toBe("/api/items?dryRun=true");
  expect(api.requests[0]?.headers).not.toHaveProperty("idempotency-key");
});

test.each([
  ["all or nothing", {}, {}, { atomic: true }, "stores each request at once"],
  ["a plain address", {}, { baseUrl: "http://example.com/" }, {}, "must begin with https"],
  [
    "a user in the address",
    {},
    { baseUrl: "https://u:s3cret-token@example.com/" },
    {},
    "must not hold a user",
  ],
  [
    "a path that climbs",
    { path: "%2e%2e/admin" },
    {},
    {},
    "leads out of the connection's base URL",
  ],
  [
    "an unknown column in the path",
    { path: "items/{no}" },
    {},
    {},
    'does not write column "no", only "id"',
  ],
  [
    "a secret that is not a header",
    {},
    { auth: { kind: "bearer", token: "s3cret-token\nx" } as const },
    {},
    "its auth cannot be written as a header",
  ],
])("refuses %s before any row", async (...[, definition, connection, request, message]) => {
  const opening = targetOf(api, { definition, connection }).open(aRequest("id:integer", request));

  await expect(opening).rejects.toMatchObject({
    code: "target-invalid",
    message: expect.stringContaining(message),
  });
  await expect(opening).rejects.not.toMatchObject({
    message: expect.stringContaining("s3cret-token"),
  });
});
