import { expect, test } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { AUTHORIZED, doorsFor, PARTNER } from "../../support/a-door.ts";
import { callHandler, INVOCATION_ID } from "../../support/http-call.ts";

test("every request is one line in the log", async () => {
  const doors = doorsFor(PARTNER);

  await callHandler(doors.partner(), { ...AUTHORIZED, method: "POST" });
  await callHandler(doors.partner());

  expect(doors.logged()).toEqual([
    {
      ...{ event: "request", level: "information" },
      name: "some-function",
      method: "POST",
      path: expect.stringMatching(/^\/[^?]*$/),
      ...{ status: 200, durationMs: expect.any(Number), applicationId: PARTNER.applicationId },
    },
    expect.objectContaining({ status: 401, failure: "token-missing" }),
  ]);
});

test("a failure with a name is answered by its code; what is behind it goes to the log only", async () => {
  const doors = doorsFor(PARTNER);
  const cause = new Error("connect ECONNREFUSED 10.0.0.4:5432");
  const handler = doors.anyone(async () => {
    throw new AppError("source-unavailable", "Cannot read the source: try again", { cause });
  });

  const response = await callHandler(handler);

  expect(response.status).toBe(502);
  expect(String(response.body)).not.toContain("10.0.0.4");
  const failure = expect.stringMatching(/^source-unavailable: .*: Error: connect ECONN/);
  expect(doors.logged()).toMatchObject([{ status: 502, failure }]);
});

test.each<[unknown, string]>([
  [new Error("password=hunter2 in /app/src/x.ts"), "Error: password="],
  [new TypeError("boom", { cause: new Error("inner") }), "inner"],
  ["a string", "a string"],
  [null, "null"],
  [undefined, "undefined"],
  [{ toString: "not a function" }, "not a function"],
])(
  "the unforeseen failure %s reaches the log, and nothing of it the caller",
  async (failure, said) => {
    const doors = doorsFor(PARTNER);
    const handler = doors.anyone(async () => {
      throw failure;
    });

    const response = await callHandler(handler);

    expect(response.status).toBe(500);
    expect(String(response.body)).toContain(INVOCATION_ID);
    for (const word of ["hunter2", "/app/src", "boom", "a string", "at "]) {
      expect(String(response.body).replace("at the", "")).not.toContain(word);
    }
    expect(doors.logged()).toMatchObject([{ status: 500, failure: expect.stringContaining(said) }]);
  },
);

test("HEAD has the headers of the answer and no body, and an open body is let go of", async () => {
  const doors = doorsFor(PARTNER);
  let isCancelled = false;
  const body = new ReadableStream({
    cancel: () => {
      isCancelled = true;
    },
  });
  const streamed = doors.open({
    answers: { 200: { description: "Bytes.", bytes: true } },
    handle: async () => ({ status: 200, headers: { "X-A": "1" }, body }),
  });
  const json = doors.anyone();
  const failing = doors.partner();

  expect(await callHandler(streamed, { method: "HEAD" })).toEqual({
    status: 200,
    headers: { "X-A": "1", "X-Content-Type-Options": "nosniff" },
  });
  expect(isCancelled).toBe(true);
  expect(await callHandler(json, { method: "HEAD" })).toMatchObject({ status: 200 });
  const refused = await callHandler(failing, { method: "HEAD" });
  expect(refused.status).toBe(401);
  expect(refused.body).toBeUndefined();
});

test.each([
  ["x-ms-client-request-id", "abc.DEF-1_2", "abc.DEF-1_2"],
  ["x-correlation-id", INVOCATION_ID, INVOCATION_ID],
  ["x-ms-client-request-id", "x".repeat(64), "x".repeat(64)],
  ["x-ms-client-request-id", "x".repeat(65), undefined],
  ["x-ms-client-request-id", 'a","event":"forged', undefined],
  ["x-ms-client-request-id", "a b", undefined],
  ["x-ms-client-request-id", "", undefined],
  ["x-correlation-id", "\u00e4", undefined],
])("the caller's own id in %s, %j, is logged as %j", async (header, id, expected) => {
  const doors = doorsFor(PARTNER);

  await callHandler(doors.anyone(), { headers: { [header]: id } });

  expect(doors.logged()[0].callerRequestId).toBe(expected);
});
