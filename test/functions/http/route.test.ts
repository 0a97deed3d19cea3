import type { HttpResponseInit } from "@azure/functions";
import { expect, test } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import type { Principal } from "../../../src/domain/ports.ts";
import { type Call, makeRoutes, readJson } from "../../../src/functions/http/route.ts";
import { jsonLog } from "../../../src/stores/json-log.ts";
import { callHandler, INVOCATION_ID } from "../../support/http-call.ts";

const PARTNER: Principal = { applicationId: "0b1c6f6a-58a7-4b8c-8a55-2d1a3f0f7e11", roles: [] };
const OPERATOR: Principal = { ...PARTNER, roles: ["Some.Other", "Waybill.Operator"] };
const AUTHORIZED = { headers: { authorization: "Bearer good" } };

/** Routes whose tokens are good for one caller, and the log lines that they write. */
function routesFor(caller: Principal, maxRequests = Number.POSITIVE_INFINITY) {
  const counted: string[] = [];
  const lines: string[] = [];
  const verified: string[] = [];
  const routes = makeRoutes(
    {
      log: jsonLog((line) => lines.push(line)),
      tokens: {
        verify: async (token) => {
          verified.push(token);
          if (token !== "good" && token !== "A-._~+/9=") {
            throw new AppError("token-invalid", "Cannot accept the token: it is bad");
          }
          return caller;
        },
      },
    },
    {
      operatorRole: "Waybill.Operator",
      requireKnownQuery: () => undefined,
      countRequest: (applicationId) => {
        counted.push(applicationId);
        if (counted.length > maxRequests) {
          throw new AppError("rate-exceeded", "Cannot answer now");
        }
      },
    },
  );
  return { routes, lines, verified, counted, logged: () => lines.map((line) => JSON.parse(line)) };
}

const ok = async (): Promise<HttpResponseInit> => ({ status: 200, jsonBody: { fine: true } });
const codeOf = (response: HttpResponseInit) => JSON.parse(String(response.body)).type;

test.each([
  "Bearer good",
  "bearer good",
  "BEARER good",
  "  Bearer good  ",
  "Bearer   good",
  "Bearer\tgood",
  "Bearer A-._~+/9=",
])("the header %j brings a token", async (authorization) => {
  const { routes } = routesFor(PARTNER);

  const response = await callHandler(routes.application(ok), { headers: { authorization } });

  expect(response.status).toBe(200);
});

test.each([
  "",
  "good",
  "Bearer",
  "Bearer ",
  "Basic Z29vZA==",
  "Bearer good extra",
  "Bearer good, Bearer good",
  "Bearer,good",
  "Bearergood",
  "Bearer go\u00e4d",
  'Bearer "good"',
  "Bearer go=od",
])("the header %j brings no token", async (authorization) => {
  const { routes, verified } = routesFor(PARTNER);

  const response = await callHandler(routes.application(ok), { headers: { authorization } });

  expect(response.status).toBe(401);
  expect(codeOf(response)).toBe("urn:waybill:problem:token-missing");
  expect(verified).toEqual([]);
});

test("no header brings no token, and a bad token is another matter", async () => {
  const { routes } = routesFor(PARTNER);
  const bad = { headers: { authorization: "Bearer bad" } };

  const missing = await callHandler(routes.application(ok));
  const refused = await callHandler(routes.application(ok), bad);

  expect([missing.status, codeOf(missing)]).toEqual([401, "urn:waybill:problem:token-missing"]);
  expect([refused.status, codeOf(refused)]).toEqual([401, "urn:waybill:problem:token-invalid"]);
});

test("a request too many is refused before anything is done, whatever its caller may do", async () => {
  const { routes, counted } = routesFor(PARTNER, 1);
  let handled = 0;
  const handler = async () => {
    handled++;
    return ok();
  };

  const let1 = await callHandler(routes.application(handler), AUTHORIZED);
  const refused = await callHandler(routes.application(handler), AUTHORIZED);
  const refusedToo = await callHandler(routes.operator(handler), AUTHORIZED);

  expect([let1.status, refused.status, refusedToo.status]).toEqual([200, 429, 429]);
  expect(refused.headers).toMatchObject({ "Retry-After": "1" });
  expect(codeOf(refused)).toBe("urn:waybill:problem:rate-exceeded");
  expect(handled).toBe(1);
  expect(counted).toEqual(Array(3).fill(PARTNER.applicationId));
});

test("a request without a good token counts for nobody", async () => {
  const { routes, counted } = routesFor(PARTNER);

  await callHandler(routes.application(ok), { headers: { authorization: "Bearer bad" } });
  await callHandler(routes.application(ok));
  await callHandler(routes.anyone(ok));

  expect(counted).toEqual([]);
});

test("an operator's route is for the operator's role alone", async () => {
  for (const [caller, status] of [
    [OPERATOR, 200],
    [PARTNER, 403],
    [{ ...PARTNER, roles: ["waybill.operator"] }, 403],
  ] as const) {
    const response = await callHandler(routesFor(caller).routes.operator(ok), AUTHORIZED);

    expect(response.status).toBe(status);
  }
});

test("a route for anyone asks for no token", async () => {
  const { routes, verified } = routesFor(PARTNER);

  expect(await callHandler(routes.anyone(ok))).toMatchObject({ status: 200 });

  expect(verified).toEqual([]);
});

test("a handler is given the caller, its parameters, and query names in lower case", async () => {
  const { routes } = routesFor(PARTNER);
  const calls: Call[] = [];
  const handler = routes.application(async (call) => {
    calls.push(call);
    return { status: 200 };
  });

  await callHandler(handler, {
    ...AUTHORIZED,
    query: { JobId: "1", "Correlation-ID": "2" },
    params: { id: "x" },
  });

  expect(calls[0]).toMatchObject({
    caller: PARTNER,
    params: { id: "x" },
    invocationId: INVOCATION_ID,
  });
  expect(calls[0]?.query).toEqual(
    new Map([
      ["jobid", "1"],
      ["correlation-id", "2"],
    ]),
  );
});

test("every request is one line in the log", async () => {
  const { routes, logged } = routesFor(PARTNER);

  await callHandler(routes.application(ok), { ...AUTHORIZED, method: "POST" });
  await callHandler(routes.application(ok));

  expect(logged()).toEqual([
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
  const { routes, logged } = routesFor(PARTNER);
  const cause = new Error("connect ECONNREFUSED 10.0.0.4:5432");
  const handler = routes.anyone(async () => {
    throw new AppError("source-unavailable", "Cannot read the source: try again", { cause });
  });

  const response = await callHandler(handler);

  expect(response.status).toBe(502);
  expect(String(response.body)).not.toContain("10.0.0.4");
  const failure = expect.stringMatching(/^source-unavailable: .*: Error: connect ECONN/);
  expect(logged()).toMatchObject([{ status: 502, failure }]);
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
    const { routes, logged } = routesFor(PARTNER);
    const handler = routes.anyone(async () => {
      throw failure;
    });

    const response = await callHandler(handler);

    expect(response.status).toBe(500);
    expect(String(response.body)).toContain(INVOCATION_ID);
    for (const word of ["hunter2", "/app/src", "boom", "a string", "at "]) {
      expect(String(response.body).replace("at the", "")).not.toContain(word);
    }
    expect(logged()).toMatchObject([{ status: 500, failure: expect.stringContaining(said) }]);
  },
);

test("HEAD has the headers of the answer and no body, and an open body is let go of", async () => {
  const { routes } = routesFor(PARTNER);
  let isCancelled = false;
  const body = new ReadableStream({
    cancel: () => {
      isCancelled = true;
    },
  });
  const streamed = routes.anyone(async () => ({ status: 200, headers: { "X-A": "1" }, body }));
  const json = routes.anyone(ok);
  const failing = routes.application(ok);

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
  const { routes, logged } = routesFor(PARTNER);

  await callHandler(routes.anyone(ok), { headers: { [header]: id } });

  expect(logged()[0].callerRequestId).toBe(expected);
});

test("readJson reads JSON with a byte order mark and refuses everything else", async () => {
  const { routes } = routesFor(PARTNER);
  const echo = routes.anyone(async (request) => ({
    status: 200,
    jsonBody: await readJson(request),
  }));
  const post = (text: string) => callHandler(echo, { method: "POST", body: { string: text } });

  expect((await post('\uFEFF{"a":1}')).jsonBody).toEqual({ a: 1 });
  for (const text of ["", "{", "{'a':1}", "<x/>"]) {
    expect(codeOf(await post(text))).toBe("urn:waybill:problem:request-invalid");
  }
});
