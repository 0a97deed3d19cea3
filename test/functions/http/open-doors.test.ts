import type { HttpResponseInit } from "@azure/functions";
import { expect, test } from "vitest";
import { z } from "zod";
import { AppError } from "../../../src/domain/errors.ts";
import { jsonBody } from "../../../src/functions/http/body.ts";
import type { Call } from "../../../src/functions/http/door.ts";
import { AUTHORIZED, doorsFor, OPERATOR, PARTNER } from "../../support/a-door.ts";
import { callHandler, INVOCATION_ID } from "../../support/http-call.ts";

const codeOf = (response: HttpResponseInit) => JSON.parse(String(response.body)).type;

test("a handler is given the caller, its parameters, and query parameters whatever their case", async () => {
  const calls: Call[] = [];
  const handler = doorsFor(PARTNER).open({
    caller: "partner",
    query: z.object({ jobId: z.string(), "correlation-id": z.string(), max: z.coerce.number() }),
    handle: async (_, call) => {
      calls.push(call);
      return { status: 200, json: { fine: true } };
    },
  });

  await callHandler(handler, {
    ...AUTHORIZED,
    query: { JOBID: "1", "Correlation-ID": "2", max: "3", other: "4" },
    params: { id: "x" },
  });

  expect(calls[0]).toMatchObject({
    caller: PARTNER,
    params: { id: "x" },
    invocationId: INVOCATION_ID,
  });
  expect(calls[0]?.query).toEqual({ jobId: "1", "correlation-id": "2", max: 3 });
});

test("what a call is about is found before query and body are read", async () => {
  const seen: unknown[] = [];
  const handler = doorsFor(PARTNER).open({
    method: "post",
    query: z.object({ max: z.coerce.number() }),
    body: jsonBody(z.object({})),
    subject: async (_, { params }) => {
      seen.push(params.id);
      throw new AppError("connector-not-found", "Cannot find it");
    },
  });

  const response = await callHandler(handler, {
    method: "POST",
    params: { id: "x" },
    query: { max: "none" },
    body: { string: "{" },
  });

  expect([response.status, seen]).toEqual([404, ["x"]]);
});

test("an operator's door refuses a query parameter that it does not describe, and any other takes it", async () => {
  const doors = doorsFor(OPERATOR);
  const query = { limt: "3" };

  const refused = await callHandler(doors.operator(), { ...AUTHORIZED, query });
  const taken = await callHandler(doors.partner(), { ...AUTHORIZED, query });

  expect([refused.status, codeOf(refused)]).toEqual([400, "urn:waybill:problem:request-invalid"]);
  expect(taken.status).toBe(200);
});

test("an answer holds the members that its description names, and no others", async () => {
  const json = { fine: true, receiptHash: "inside", file: { path: "inside" } };
  const handler = doorsFor(PARTNER).anyone(async () => ({ status: 200, json }));

  expect((await callHandler(handler)).jsonBody).toEqual({ fine: true });
});

test("an answer that is not described leaves nobody", async () => {
  const handler = doorsFor(PARTNER).anyone(async () => ({ status: 201, json: { fine: true } }));

  expect((await callHandler(handler)).status).toBe(500);
});

test("a body of JSON is read with a byte order mark, and nothing else is", async () => {
  const echo = doorsFor(PARTNER).open({
    method: "post",
    body: jsonBody(z.looseObject({})),
    answers: { 200: { description: "The body.", json: z.unknown() } },
    handle: async (_, { body }) => ({ status: 200, json: body }),
  });
  const post = (text: string) => callHandler(echo, { method: "POST", body: { string: text } });

  expect((await post('\uFEFF{"a":1}')).jsonBody).toEqual({ a: 1 });
  for (const text of ["", "{", "{'a':1}", "<x/>"]) {
    expect(codeOf(await post(text))).toBe("urn:waybill:problem:request-invalid");
  }
});
