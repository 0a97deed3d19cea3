import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClientCredentials } from "../../../../src/systems/http-json/connection.ts";
import { type Api, aRequest, startApi, targetOf, writeAll } from "./api.ts";

let api: Api;

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

test("a token that the API refuses is renewed once, and no refusal holds a token or the secret", async () => {
  let given = 0;
  api.answer = ({ path, headers, body }) => {
    if (path === "/token") {
      given += 1;
      return { status: 200, body: { access_token: `token-${given}`, token_type: "bearer" } };
    }
    const { authorization } = headers;
    if (authorization === "Bearer token-1" && body.includes('"id":2')) {
      return { status: 401 };
    }
    return { status: 422, body: { detail: `not with ${authorization}` } };
  };
  const tokenUrl = new URL("/token", api.baseUrl).href;
  const auth: ClientCredentials = {
    ...{ kind: "client-credentials", tokenUrl, clientId: randomUUID(), clientSecret: "s3cret" },
    ...{ secretIn: "body", parameters: {} },
  };

  const failures = await writeAll(targetOf(api, { connection: { auth } }), aRequest("id:integer"), [
    ["1"],
    ["2"],
    ["3"],
  ]);

  expect(given).toBe(2);
  expect(failures.map(({ reason }) => reason)).toEqual(
    Array.from({ length: 3 }, () => "is refused with status 422"),
  );
});
