import type { HttpResponseInit } from "@azure/functions";
import { expect, test } from "vitest";
import { AUTHORIZED, doorsFor, OPERATOR, PARTNER } from "../../support/a-door.ts";
import { callHandler } from "../../support/http-call.ts";

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
  const doors = doorsFor(PARTNER);

  const response = await callHandler(doors.partner(), { headers: { authorization } });

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
  const doors = doorsFor(PARTNER);

  const response = await callHandler(doors.partner(), { headers: { authorization } });

  expect(response.status).toBe(401);
  expect(codeOf(response)).toBe("urn:waybill:problem:token-missing");
  expect(doors.verified).toEqual([]);
});

test("no header brings no token, and a bad token is another matter", async () => {
  const doors = doorsFor(PARTNER);
  const bad = { headers: { authorization: "Bearer bad" } };

  const missing = await callHandler(doors.partner());
  const refused = await callHandler(doors.partner(), bad);

  expect([missing.status, codeOf(missing)]).toEqual([401, "urn:waybill:problem:token-missing"]);
  expect([refused.status, codeOf(refused)]).toEqual([401, "urn:waybill:problem:token-invalid"]);
});

test("a request too many is refused before anything is done, whatever its caller may do", async () => {
  const doors = doorsFor(PARTNER, 1);
  let handled = 0;
  const handler = async () => {
    handled++;
    return { status: 200, json: { fine: true } };
  };

  const let1 = await callHandler(doors.partner(handler), AUTHORIZED);
  const refused = await callHandler(doors.partner(handler), AUTHORIZED);
  const refusedToo = await callHandler(doors.operator(handler), AUTHORIZED);

  expect([let1.status, refused.status, refusedToo.status]).toEqual([200, 429, 429]);
  expect(refused.headers).toMatchObject({ "Retry-After": "1" });
  expect(codeOf(refused)).toBe("urn:waybill:problem:rate-exceeded");
  expect(handled).toBe(1);
  expect(doors.counted).toEqual(Array(3).fill(PARTNER.applicationId));
});

test("a request without a good token counts for nobody", async () => {
  const doors = doorsFor(PARTNER);

  await callHandler(doors.partner(), { headers: { authorization: "Bearer bad" } });
  await callHandler(doors.partner());
  await callHandler(doors.anyone());

  expect(doors.counted).toEqual([]);
});

test("an operator's route is for the operator's role alone", async () => {
  for (const [caller, status] of [
    [OPERATOR, 200],
    [PARTNER, 403],
    [{ ...PARTNER, roles: ["waybill.operator"] }, 403],
  ] as const) {
    const response = await callHandler(doorsFor(caller).operator(), AUTHORIZED);

    expect(response.status).toBe(status);
  }
});

test("a route for anyone asks for no token", async () => {
  const doors = doorsFor(PARTNER);

  expect(await callHandler(doors.anyone())).toMatchObject({ status: 200 });

  expect(doors.verified).toEqual([]);
});
