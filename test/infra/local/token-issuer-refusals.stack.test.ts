import { afterAll, beforeAll, expect, test } from "vitest";
import { startTokenIssuer, type TokenIssuer } from "../../../infra/local/token-issuer.ts";
import { type Client, makeClients } from "../../../infra/local/token-issuer-clients.ts";

const API = { uri: "https://waybill.test", clientId: "0b1f3c5e-7a52-4b0e-9d3f-6a1c2e4d5f60" };
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

let issuer: TokenIssuer;
let operator: Client;

beforeAll(async () => {
  const clients = makeClients();
  operator = clients.operator;
  const now = () => new Date("2026-05-06T12:00:00.400Z");
  issuer = await startTokenIssuer({ audiences: [API], clients, now });
});
afterAll(() => issuer.stop());

const ENDPOINTS = [
  { version: 1, path: "oauth2/token", asks: { resource: API.uri } },
  {
    version: 2,
    path: "oauth2/v2.0/token",
    asks: { scope: `${API.uri}/.default` },
  },
] as const;

async function ask(
  path: string,
  form: Record<string, string>,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${issuer.authority}/${issuer.tenantId}/${path}`, {
    method: "POST",
    body: new URLSearchParams(form),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

function formOf(client: Client, asks: Record<string, string>): Record<string, string> {
  return {
    grant_type: "client_credentials",
    client_id: client.id,
    client_secret: client.secret,
    ...asks,
  };
}

test.each(
  ENDPOINTS.flatMap(({ path, asks, version }) => [
    [path, { ...asks, client_secret: "wrong" }, 401, "invalid_client", 7000215],
    [path, { ...asks, client_secret: "" }, 401, "invalid_client", 7000218],
    [path, { ...asks, client_id: API.clientId }, 400, "unauthorized_client", 700016],
    [path, { ...asks, client_id: "" }, 400, "invalid_request", 900144],
    [path, { ...asks, grant_type: "" }, 400, "invalid_request", 900144],
    [path, { ...asks, grant_type: "password" }, 400, "unsupported_grant_type", 70003],
    [path, { resource: "", scope: "" }, 400, "invalid_request", 900144],
    [
      path,
      version === 1 ? { resource: "https://graph.test" } : { scope: "https://graph.test/.default" },
      400,
      "invalid_resource",
      500011,
    ],
  ]).concat([["oauth2/v2.0/token", { scope: API.uri }, 400, "invalid_scope", 1002012]]) as [
    string,
    Record<string, string>,
    ...unknown[],
  ][],
)("%s with %j is refused: %i %s AADSTS%i", async (path, change, ...refusal) => {
  const [status, error, code] = refusal;

  const answer = await ask(path, { ...formOf(operator, {}), ...change });

  expect(answer.status).toBe(status);
  expect(answer.body).toEqual({
    error,
    error_description: expect.stringMatching(
      new RegExp(`^AADSTS${code}: .+ Trace ID: .+ Correlation ID: .+ Timestamp: 2026-05-06 12:`),
    ),
    error_codes: [code],
    timestamp: "2026-05-06 12:00:00Z",
    trace_id: expect.stringMatching(GUID),
    correlation_id: expect.stringMatching(GUID),
    error_uri: `https://login.microsoftonline.com/error?code=${code}`,
  });
});

test("a GET of the token endpoint, another tenant and an unknown address are refused", async () => {
  const get = (path: string) => fetch(`${issuer.authority}/${path}`);

  const byGet = await get(`${issuer.tenantId}/oauth2/token`);
  const elsewhere = await get(`${API.clientId}/v2.0/.well-known/openid-configuration`);
  const unknown = await get(`${issuer.tenantId}/oauth2/authorize`);

  expect(await byGet.json()).toMatchObject({ error_codes: [900561] });
  expect(await elsewhere.json()).toMatchObject({ error_codes: [90002] });
  expect([byGet.status, elsewhere.status, unknown.status]).toEqual([400, 400, 404]);
});
