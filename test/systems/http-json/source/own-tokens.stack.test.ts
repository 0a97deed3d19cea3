import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ClientCredentials } from "../../../../src/systems/http-json/connection.ts";
import { readAll } from "../../read-all.ts";
import { type Api, startApi } from "./api.ts";

let api: Api;
/** How many tokens were given out. */
let given: number;
/** Tokens that the API does not take. */
let revoked: Set<string>;

beforeEach(async () => {
  api = await startApi();
  given = 0;
  revoked = new Set();
  api.answer = (url, request) => {
    if (url.pathname === "/token") {
      given += 1;
      const body = { access_token: `t${given}`, token_type: "Bearer", expires_in: 3_600 };
      return { headers: { "content-type": "application/json" }, body };
    }
    const token = request.headers.authorization?.replace("Bearer ", "") ?? "";
    return token === "" || revoked.has(token) ? { status: 401 } : { body: { value: [{ id: 1 }] } };
  };
});
afterEach(() => api.stop());

/** Another client each time, so that no test meets the tokens of another. */
function credentials(): ClientCredentials {
  return {
    ...{ kind: "client-credentials", tokenUrl: `${api.origin}/token`, clientId: randomUUID() },
    ...{ clientSecret: "s3cret", secretIn: "body", parameters: {} },
  };
}

test("reads of one connection share a token, and 401 leads to one renewal", async () => {
  const auth = credentials();
  await Promise.all([1, 2, 3].map(() => readAll(api.source({}, auth))));
  expect(given).toBe(1);
  revoked.add("t1");

  const { rows } = await readAll(api.source({}, auth));

  expect(rows).toEqual([["1"]]);
  expect(given).toBe(2);
});

test("an API that refuses every token is an error after one renewal", async () => {
  revoked = new Set(["t1", "t2", "t3"]);

  await expect(readAll(api.source({}, credentials()))).rejects.toMatchObject({
    code: "source-invalid",
    message: expect.stringContaining("status 401"),
  });
  expect(given).toBe(2);
});

test("a token server that refuses ends the read with what it says, and is not asked again", async () => {
  let asked = 0;
  api.answer = () => {
    asked += 1;
    const body = { error: "invalid_client", error_description: "no such secret" };
    return { status: 401, headers: { "content-type": "application/json" }, body };
  };

  const failure = await readAll(api.source({}, credentials())).catch((error: unknown) => error);

  expect(failure).toMatchObject({ code: "source-invalid" });
  expect(String(failure)).toContain("invalid_client: no such secret");
  expect(String(failure)).not.toContain("s3cret");
  expect(asked).toBe(1);
});

test("a token server that is down is asked again, as the API would be", async () => {
  const answer = api.answer;
  let isDown = true;
  api.answer = (url, request) => {
    const wasDown = isDown;
    isDown = false;
    return wasDown ? { status: 503 } : answer(url, request);
  };

  expect((await readAll(api.source({}, credentials()))).rows).toEqual([["1"]]);
  expect(api.waits).toHaveLength(1);
});
