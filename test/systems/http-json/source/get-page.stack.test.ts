import { inspect } from "node:util";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { HttpJsonDefinition } from "../../../../src/systems/http-json/source/definition.ts";
import { httpJsonSource } from "../../../../src/systems/http-json/source/http-json-source.ts";
import { connectionsOf } from "../../connections-of.ts";
import { readAll } from "../../read-all.ts";
import { type Answer, type Api, startApi } from "./api.ts";

let api: Api;

beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.stop());

const good: Answer = { body: { value: [{ id: 1 }] } };

/** Answers one after the other, then well. */
function answers(...list: (Answer | "drop")[]) {
  api.answer = () => list.shift() ?? good;
}

test("waits as long as Retry-After says: seconds, or a date by the server's own clock", async () => {
  answers(
    { status: 429, headers: { "retry-after": "7" } },
    {
      status: 503,
      headers: {
        "retry-after": "Wed, 21 Oct 2015 07:28:30 GMT",
        date: "Wed, 21 Oct 2015 07:28:00 GMT",
      },
    },
    {
      status: 503,
      headers: {
        "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT",
        date: "Wed, 21 Oct 2015 07:29:00 GMT",
      },
    },
  );

  expect((await readAll(api.source())).rows).toEqual([["1"]]);
  expect(api.waits).toEqual([7_000, 30_000, 0]);
});

test("without Retry-After the ceiling of the random wait doubles up to the longest", async () => {
  answers(
    "drop",
    { status: 500 },
    { status: 502 },
    { status: 504, headers: { "retry-after": "soon" } },
  );

  await readAll(api.source({ retry: { firstDelayMs: 1_000, maxDelayMs: 3_000 } }));

  expect(api.waits).toEqual([500, 1_000, 1_500, 1_500]);
});

test("gives up after the last attempt, to be tried another time", async () => {
  api.answer = () => ({ status: 503 });

  await expect(readAll(api.source({ retry: { attempts: 3 } }))).rejects.toMatchObject({
    code: "source-unavailable",
    message: `Cannot read "${api.origin}/v1/items": status 503 (attempt 3 of 3)`,
  });
  expect(api.asked).toHaveLength(3);
});

test("does not wait for longer than the longest wait", async () => {
  answers({ status: 429, headers: { "retry-after": "3600" } });

  await expect(readAll(api.source())).rejects.toMatchObject({
    code: "source-unavailable",
    message: expect.stringContaining("it asks for 3600 s"),
  });
  expect(api.waits).toEqual([]);
});

test("an answer that does not come in time counts as an attempt", async () => {
  api.answer = () => "silence";

  await expect(
    readAll(api.source({ retry: { attempts: 2, timeoutMs: 100 } })),
  ).rejects.toMatchObject({
    code: "source-unavailable",
    message: expect.stringContaining("no answer in time"),
  });
});

test.each([
  [401, "check the secret of the connection"],
  [403, "check the secret of the connection"],
  [404, "status 404"],
  [410, "status 410"],
])("status %i is not tried again", async (status, message) => {
  api.answer = () => ({ status });

  await expect(readAll(api.source())).rejects.toMatchObject({
    code: "source-invalid",
    message: expect.stringContaining(message),
  });
  expect(api.asked).toHaveLength(1);
});

test("redirects are not followed", async () => {
  const other = await startApi();
  api.answer = () => ({ status: 302, headers: { location: `${other.origin}/v1/items` } });

  await expect(readAll(api.source({}, { kind: "bearer", token: "t0ken" }))).rejects.toMatchObject({
    code: "source-invalid",
    message: expect.stringContaining("redirects are not followed"),
  });
  await other.stop();
  expect(other.asked).toEqual([]);
});

test.each([
  ["cut off", '{"value": [{"id": 1}'],
  ["a page of HTML", "<html>Sign in</html>"],
  ["empty", ""],
  ["not UTF-8", Buffer.from('{"value":[],"x":"\xff"}', "latin1")],
])("an answer that is %s is refused", async (_case, body) => {
  api.answer = () => ({ body });

  await expect(readAll(api.source())).rejects.toMatchObject({
    code: "source-invalid",
    message: expect.stringContaining("is not JSON text"),
  });
});

test.each([
  ["levels", "[".repeat(30_000_000), "is nested more than 64 deep"],
  ["values", `[${"[],".repeat(10_000_000)}1]`, "has more than 4000000 values"],
  ["members", `{${'"a":1,'.repeat(100_001)}"b":1}`, "has an object with more than 100000 members"],
])("an answer of too many %s is refused before it is parsed", async (_case, body, because) => {
  api.answer = () => ({ body });

  await expect(readAll(api.source())).rejects.toMatchObject({
    code: "source-invalid",
    message: expect.stringContaining(because),
  });
});

test.each([{}, { value: null }, { value: { "0": 1 } }, []])(
  "an answer without rows, %j, is refused",
  async (body) => {
    api.answer = () => ({ body });

    await expect(readAll(api.source())).rejects.toMatchObject({
      code: "source-invalid",
      message: expect.stringContaining('"value" in the answer is not an array'),
    });
  },
);

test("a page beyond the limit is refused, also one that is small when compressed", async () => {
  const large = JSON.stringify({ value: [{ id: 1, more: "x".repeat(1_000_000) }] });
  answers({ body: large }, { body: gzipSync(large), headers: { "content-encoding": "gzip" } });
  const source = api.source({ maxPageBytes: 10_000 });

  for (let time = 0; time < 2; time += 1) {
    await expect(readAll(source)).rejects.toMatchObject({
      code: "source-invalid",
      message: expect.stringContaining("larger than 10000 bytes"),
    });
  }
});

test.each([
  [{ kind: "bearer", token: "t0ken" }, "authorization", "Bearer t0ken"],
  [{ kind: "key", header: "X-Api-Key", key: "k3y" }, "x-api-key", "k3y"],
] as const)("sends the secret of the connection: %j", async (auth, header, value) => {
  api.answer = () => good;
  await readAll(api.source({}, auth));
  api.answer = () => ({ status: 500 });
  const error = await readAll(api.source({ retry: { attempts: 1 } }, auth)).catch(
    (failure: unknown) => failure,
  );

  expect(api.requests[0]?.headers[header]).toBe(value);
  expect(inspect(error, { depth: 10 })).not.toMatch(/t0ken|k3y/);
});

test("a failure does not tell the query, which may hold a secret", async () => {
  api.answer = () => ({ status: 500 });

  const error = await readAll(
    api.source({ query: { key: "s3cret" }, retry: { attempts: 1 } }),
  ).catch((failure: unknown) => failure);

  expect(api.asked[0]).toContain("s3cret");
  expect(inspect(error, { depth: 10 })).not.toContain("s3cret");
});

test("an abort ends a request that waits, with the signal's reason", async () => {
  api.answer = () => "silence";
  const controller = new AbortController();
  const reading = api.source().read({ cursor: null, mode: "full", signal: controller.signal });
  await vi.waitUntil(() => api.asked.length === 1);
  const reason = new Error("lock lost");

  controller.abort(reason);

  await expect(reading).rejects.toBe(reason);
});

test("an abort ends the wait before the next attempt", async () => {
  api.answer = () => ({ status: 503, headers: { "retry-after": "50" } });
  const controller = new AbortController();
  const definition = HttpJsonDefinition.parse({
    kind: "http-json",
    connection: "api",
    path: "items",
    columns: [{ name: "id", type: "integer" }],
    paging: { by: "none" },
    incremental: { by: "none" },
  });
  const connections = connectionsOf({ kind: "http", baseUrl: api.origin, auth: { kind: "none" } });
  const reading = httpJsonSource(definition, connections).read({
    cursor: null,
    mode: "full",
    signal: controller.signal,
  });
  await vi.waitUntil(() => api.asked.length === 1);

  controller.abort();

  await expect(reading).rejects.toMatchObject({ name: "AbortError" });
});
