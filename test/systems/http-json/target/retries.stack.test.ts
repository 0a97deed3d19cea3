import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Api, aRequest, inTurn, startApi, targetOf, writeAll } from "./api.ts";

let api: Api;

beforeAll(async () => {
  api = await startApi();
});
beforeEach(() => {
  api.requests.length = 0;
});
afterAll(() => api.stop());

const ids = (count: number) => Array.from({ length: count }, (_, index) => [String(index + 1)]);

test("tries again what may pass, waits as the API asks, and keeps the identity", async () => {
  const waits: number[] = [];
  api.answer = inTurn(
    { status: 503, headers: { "retry-after": "7" } },
    {
      status: 429,
      headers: {
        "retry-after": "Wed, 21 Oct 2015 07:28:09 GMT",
        date: "Wed, 21 Oct 2015 07:28:00 GMT",
      },
    },
    (response) => response.destroy(),
    { status: 500 },
    { status: 201 },
  );

  const failures = await writeAll(
    targetOf(api, { onWait: (ms) => waits.push(ms) }),
    aRequest("id:integer"),
    ids(1),
  );

  expect(failures).toEqual([]);
  expect(waits).toEqual([7_000, 9_000, 4_000, 8_000]);
  expect(new Set(api.requests.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
});

test("gives up for now after the last attempt, or when it is to wait too long", async () => {
  api.answer = () => ({ status: 503 });
  const often = writeAll(
    targetOf(api, { definition: { retry: { attempts: 3 } } }),
    aRequest("id:integer"),
    ids(1),
  );
  await expect(often).rejects.toMatchObject({
    code: "target-unavailable",
    message: expect.stringMatching(/\/api\/items": status 503 \(attempt 3 of 3\)$/),
  });
  expect(api.requests).toHaveLength(3);

  api.answer = () => ({ status: 429, headers: { "retry-after": "86400" } });
  const long = writeAll(targetOf(api), aRequest("id:integer"), ids(1));
  await expect(long).rejects.toMatchObject({
    code: "target-unavailable",
    message: expect.stringContaining("it asks for 86400 s"),
  });
});

test("items that never get their turn are a reason to try the run again", async () => {
  api.answer = () => ({ status: 207, body: [{ status: 429 }, { status: 429 }] });

  const writing = writeAll(
    targetOf(api, { definition: { batchRows: 2, retry: { attempts: 4 } } }),
    aRequest("id:integer"),
    ids(2),
  );

  await expect(writing).rejects.toMatchObject({ code: "target-unavailable" });
  expect(api.requests).toHaveLength(4);
});

test("a conflict with our own lost attempt is waited out, a real one is a refusal", async () => {
  api.answer = inTurn((response) => response.destroy(), { status: 409 }, { status: 201 });
  const lost = await writeAll(targetOf(api), aRequest("id:integer"), ids(1));

  api.answer = () => ({ status: 409 });
  const real = await writeAll(targetOf(api), aRequest("id:integer"), ids(1));

  expect(lost).toEqual([]);
  expect(real.map(({ reason }) => reason)).toEqual(["is refused with status 409"]);
});

test("reads no endless answer, and needs none to know the status", async () => {
  let isCut = false;
  api.answer = () => (response) => {
    response.writeHead(200);
    response.on("close", () => {
      isCut = true;
    });
    const more = () => {
      while (!response.destroyed && response.write("x".repeat(65_536))) {
        // Until the client stops taking.
      }
      response.once("drain", more);
    };
    more();
  };

  const failures = await writeAll(
    targetOf(api, { definition: { maxAnswerBytes: 100_000 } }),
    aRequest("id:integer"),
    ids(1),
  );

  expect(failures).toEqual([]);
  await expect.poll(() => isCut).toBe(true);
});

test("gives up an answer that does not come, and ends at once when aborted", async () => {
  api.answer = () => () => undefined;
  const slow = writeAll(
    targetOf(api, { definition: { retry: { attempts: 2, timeoutMs: 100 } } }),
    aRequest("id:integer"),
    ids(1),
  );
  await expect(slow).rejects.toMatchObject({
    code: "target-unavailable",
    message: expect.stringContaining("no answer in time"),
  });

  const aborting = new AbortController();
  api.answer = () => () => aborting.abort(new Error("the run's lock is lost"));
  const aborted = writeAll(
    targetOf(api),
    aRequest("id:integer", { signal: aborting.signal }),
    ids(1),
  );
  await expect(aborted).rejects.toThrow("the run's lock is lost");
});

test("an answer that breaks off is enough for its status, but not for results of items", async () => {
  api.answer = inTurn(
    (response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("[", () => response.destroy());
    },
    { status: 200, body: [{ status: 400, message: "bad" }] },
  );
  const plain = await writeAll(targetOf(api), aRequest("id:integer"), ids(1));
  const sentForPlain = api.requests.length;

  api.answer = inTurn(
    (response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("[", () => response.destroy());
    },
    { status: 200, body: [{ status: 400, message: "bad" }] },
  );
  const itemised = await writeAll(
    targetOf(api, { definition: { batchRows: 2, results: {} } }),
    aRequest("id:integer"),
    ids(1),
  );

  expect(plain).toEqual([]);
  expect(sentForPlain).toBe(1);
  expect(itemised.map(({ reason }) => reason)).toEqual(["is refused with status 400: bad"]);
});
