import { once } from "node:events";
import { mkdtemp, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import * as openid from "openid-client";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startTokenIssuer, type TokenIssuer } from "../../../infra/local/token-issuer.ts";
import {
  type Client,
  keptClients,
  makeClients,
} from "../../../infra/local/token-issuer-clients.ts";

const API = { uri: "https://waybill.test", clientId: "0b1f3c5e-7a52-4b0e-9d3f-6a1c2e4d5f60" };
const NOW = new Date("2026-05-06T12:00:00.400Z");
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

type Name = keyof ReturnType<typeof makeClients>;
let issuer: TokenIssuer<Name>;
let operator: Client;

beforeAll(async () => {
  issuer = await startTokenIssuer({ audiences: [API], clients: makeClients(), now: () => NOW });
  operator = issuer.clients.operator;
});
afterEach(() => issuer.setFault(null));
afterAll(() => issuer.stop());

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

function verify(token: string, keys = "discovery/keys") {
  const keySet = createRemoteJWKSet(new URL(`${issuer.authority}/${issuer.tenantId}/${keys}`));
  return jwtVerify(token, keySet, { algorithms: ["RS256"], currentDate: NOW });
}

test.each([
  { version: 1, asks: { resource: API.uri }, authenticate: openid.ClientSecretPost },
  { version: 1, asks: { resource: API.uri }, authenticate: openid.ClientSecretBasic },
  { version: 2, asks: { scope: `${API.uri}/.default` }, authenticate: openid.ClientSecretPost },
  { version: 2, asks: { scope: `${API.uri}/.default` }, authenticate: openid.ClientSecretBasic },
] as const)(
  "openid-client discovers and gets a token: %j",
  async ({ version, asks, authenticate }) => {
    const configuration = await openid.discovery(
      new URL(issuer.issuers[version]),
      operator.id,
      undefined,
      authenticate(operator.secret),
      { execute: [openid.allowInsecureRequests] },
    );

    const tokens = await openid.clientCredentialsGrant(configuration, asks);

    const keySet = createRemoteJWKSet(new URL(String(configuration.serverMetadata().jwks_uri)));
    const { payload } = await jwtVerify(tokens.access_token, keySet, {
      issuer: configuration.serverMetadata().issuer,
      audience: version === 1 ? API.uri : API.clientId,
      currentDate: NOW,
    });
    expect(payload.roles).toEqual(["Waybill.Operator"]);
    expect(tokens.expires_in).toBe(3599);
  },
);

const TIMES = { iat: 1_778_068_500, nbf: 1_778_068_500, exp: 1_778_072_399 };

test("a version 1 token and its answer have Entra's shape", async () => {
  const { status, body } = await ask("oauth2/token", formOf(operator, { resource: API.uri }));
  const { access_token: token, ...answer } = body;

  expect(status).toBe(200);
  expect(answer).toEqual({
    token_type: "Bearer",
    expires_in: "3599",
    ext_expires_in: "3599",
    expires_on: "1778072399",
    not_before: "1778068500",
    resource: API.uri,
  });
  const header = decodeProtectedHeader(String(token));
  expect(header).toEqual({ typ: "JWT", alg: "RS256", kid: header.kid });
  expect(decodeJwt(String(token))).toEqual({
    ...TIMES,
    aud: API.uri,
    iss: `${issuer.authority}/${issuer.tenantId}/`,
    idp: `${issuer.authority}/${issuer.tenantId}/`,
    appid: operator.id,
    appidacr: "1",
    oid: operator.objectId,
    sub: operator.objectId,
    tid: issuer.tenantId,
    roles: ["Waybill.Operator"],
    ver: "1.0",
    aio: expect.any(String),
    rh: expect.any(String),
    uti: expect.any(String),
  });
});

test("a version 2 token and its answer have Entra's shape", async () => {
  const partner = issuer.clients["partner-a"];

  const { status, body } = await ask(
    "oauth2/v2.0/token",
    formOf(partner, { scope: `${API.uri}/.default` }),
  );
  const { access_token: token, ...answer } = body;

  expect(status).toBe(200);
  expect(answer).toEqual({ token_type: "Bearer", expires_in: 3599, ext_expires_in: 3599 });
  expect(decodeJwt(String(token))).toEqual({
    ...TIMES,
    aud: API.clientId,
    iss: `${issuer.authority}/${issuer.tenantId}/v2.0`,
    azp: partner.id,
    azpacr: "1",
    oid: partner.objectId,
    sub: partner.objectId,
    tid: issuer.tenantId,
    ver: "2.0",
    aio: expect.any(String),
    rh: expect.any(String),
    uti: expect.any(String),
  });
});

test.each([
  ["oauth2/token", { resource: `${API.uri}/` }, `${API.uri}/`],
  ["oauth2/token", { resource: API.clientId }, API.clientId],
  ["oauth2/v2.0/token", { scope: `${API.uri}//.default` }, API.clientId],
  ["oauth2/v2.0/token", { scope: `${API.clientId}/.default` }, API.clientId],
])("%s with %j is for the audience %s", async (path, asks, audience) => {
  const { body } = await ask(path, formOf(operator, asks));

  expect(decodeJwt(String(body.access_token)).aud).toBe(audience);
});

test("an audience may fix the version of its tokens, and may be found by a function", async () => {
  const other = await startTokenIssuer({
    audiences: (resource) =>
      resource.startsWith("http://127.0.0.1:") ? { ...API, uri: resource, tokenVersion: 2 } : null,
    clients: makeClients(),
  });
  try {
    const response = await fetch(`${other.authority}/${other.tenantId}/oauth2/token`, {
      method: "POST",
      body: new URLSearchParams(
        formOf(other.clients["partner-b"], { resource: "http://127.0.0.1:7071" }),
      ),
    });
    const { access_token: token } = (await response.json()) as { access_token: string };

    expect(decodeJwt(token)).toMatchObject({ ver: "2.0", aud: API.clientId });
  } finally {
    await other.stop();
  }
});

test("clients have the same ids and other secrets at each start, and only the operator has a role", () => {
  const [once, again] = [Object.values(makeClients()), Object.values(makeClients())];
  const all = [...once, ...again];

  expect(once.map(({ id }) => id)).toEqual(again.map(({ id }) => id));
  expect(new Set(all.map(({ secret }) => secret)).size).toBe(8);
  expect(new Set(all.map(({ objectId }) => objectId)).size).toBe(8);
  expect(all.every(({ id }) => GUID.test(id))).toBe(true);
  expect(once.filter(({ roles }) => roles.length > 0)).toHaveLength(1);
});

test("clients are kept in a directory, for its owner alone; what is damaged there is not replaced", async () => {
  const directory = await mkdtemp(join(tmpdir(), "waybill-clients-"));
  const kept = await keptClients(directory);

  expect(await keptClients(directory)).toEqual(kept);
  const path = join(directory, "clients.json");
  expect((await stat(path)).mode & 0o077).toBe(0);
  await writeFile(path, "{");
  await expect(keptClients(directory)).rejects.toThrow("remove the file");
});

test("rotate signs with a new key and publishes the one before, no older one", async () => {
  const mint = () => issuer.sign(issuer.claimsFor(operator, API.uri, 1));
  const oldest = mint();
  await issuer.rotate();
  const older = mint();

  await expect(verify(oldest)).resolves.toBeDefined();
  await issuer.rotate();

  await expect(verify(mint(), "discovery/v2.0/keys")).resolves.toBeDefined();
  await expect(verify(older)).resolves.toBeDefined();
  await expect(verify(oldest)).rejects.toMatchObject({ code: "ERR_JWKS_NO_MATCHING_KEY" });
});

test("sign lets claims and header lie", async () => {
  const claims = issuer.claimsFor(operator, API.uri, 1);

  const token = issuer.sign({ ...claims, aud: "other" }, { kid: "../../etc/passwd", jku: "x" });

  expect(decodeJwt(token).aud).toBe("other");
  expect(decodeProtectedHeader(token)).toMatchObject({ kid: "../../etc/passwd", jku: "x" });
  await expect(verify(issuer.sign(claims, { alg: "HS256" }))).rejects.toMatchObject({
    code: "ERR_JOSE_ALG_NOT_ALLOWED",
  });
});

test("requests are counted by kind", async () => {
  const before = issuer.requests();

  await ask("oauth2/token", {});
  await fetch(`${issuer.authority}/${issuer.tenantId}/discovery/keys`);
  await fetch(`${issuer.authority}/${issuer.tenantId}/discovery/v2.0/keys`);

  expect(issuer.requests()).toEqual({ ...before, token: before.token + 1, keys: before.keys + 2 });
});

test("faults: down, html, huge, slow", async () => {
  const keys = (signal?: AbortSignal) =>
    fetch(`${issuer.authority}/${issuer.tenantId}/discovery/keys`, signal ? { signal } : {});

  issuer.setFault({ kind: "down" });
  await expect(keys()).rejects.toThrow();

  issuer.setFault({ kind: "html" });
  expect(await (await keys()).text()).toContain("<!DOCTYPE html>");

  issuer.setFault({ kind: "huge", bytes: 1_000_000 });
  expect(await (await keys()).text()).toHaveLength(1_000_000);

  issuer.setFault({ kind: "slow", delayMs: 60_000 });
  await expect(keys(AbortSignal.timeout(50))).rejects.toMatchObject({ name: "TimeoutError" });

  issuer.setFault(null);
  expect(await (await keys()).json()).toHaveProperty("keys");
});

test("a form that is too large cuts the connection", async () => {
  await expect(ask("oauth2/token", { resource: "x".repeat(100_000) })).rejects.toThrow();
});

test("a taken port is said to be taken", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;

  await expect(startTokenIssuer({ port, audiences: [], clients: {} })).rejects.toThrow(
    `Cannot listen on 127.0.0.1:${port}: another program has the port. Stop that program, or choose another port.`,
  );

  other.close();
});
