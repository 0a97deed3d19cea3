import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { importX509, jwtVerify } from "jose";
import { generate } from "selfsigned";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startTokenIssuer, type TokenIssuer } from "../../../infra/local/token-issuer.ts";
import { makeClients } from "../../../infra/local/token-issuer-clients.ts";
import { accessTokens, TokenRefused } from "../../../src/systems/http-json/access-tokens.ts";
import type { ClientCredentials } from "../../../src/systems/http-json/connection.ts";

const RESOURCE = "https://org.crm4.example";
let issuer: TokenIssuer;
/** A token server whose answers a test sets; it keeps the requests. */
let server: ReturnType<typeof createServer>;
let answer: { status: number; body: string; type?: string };
let asked: { form: URLSearchParams; authorization: string | undefined }[] = [];
let serverUrl: string;

beforeAll(async () => {
  issuer = await startTokenIssuer({
    audiences: [{ uri: RESOURCE, clientId: "6d31e09f-0249-4f0a-9d6c-1f0e3c5b7a91" } as never],
    clients: makeClients(),
  });
  server = createServer(async (request, response) => {
    const form = new URLSearchParams(await text(request));
    asked.push({ form, authorization: request.headers.authorization });
    response.writeHead(answer.status, { "Content-Type": answer.type ?? "application/json" });
    response.end(answer.body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  serverUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await issuer.stop();
});
beforeEach(() => {
  asked = [];
  answer = { status: 200, body: token("t1") };
  issuer.setFault(null);
});

function token(access_token: string, more: object = {}): string {
  return JSON.stringify({ access_token, token_type: "Bearer", expires_in: 3_600, ...more });
}

function fromServer(more: Partial<ClientCredentials> = {}): ClientCredentials {
  return {
    ...{ kind: "client-credentials", tokenUrl: serverUrl, clientId: "me" },
    ...{ clientSecret: "s3cret", secretIn: "body", parameters: {} },
    ...more,
  };
}

function fromIssuer(version: 1 | 2): ClientCredentials {
  const { id, secret } = issuer.clients.operator ?? { id: "", secret: "" };
  const path = version === 1 ? "oauth2/token" : "oauth2/v2.0/token";
  return {
    ...fromServer({ clientId: id, clientSecret: secret }),
    tokenUrl: `${issuer.authority}/${issuer.tenantId}/${path}`,
    ...(version === 1 ? { parameters: { resource: RESOURCE } } : { scope: `${RESOURCE}/.default` }),
  };
}

test.each([1, 2] as const)("a token of Entra's version %i is had, and kept", async (version) => {
  const before = issuer.requests().token;
  const tokens = accessTokens(fromIssuer(version));

  const [one, ...others] = await Promise.all(Array.from({ length: 20 }, () => tokens.get()));

  expect(one?.split(".")).toHaveLength(3);
  expect(new Set([...others, await tokens.get()])).toEqual(new Set([one]));
  expect(issuer.requests().token).toBe(before + 1);
});

test("a token is renewed before it ends, once for all who wait", async () => {
  let nowMs = 0;
  const tokens = accessTokens(fromServer(), () => nowMs);
  await tokens.get();
  answer = { status: 200, body: token("t2") };

  nowMs = 3_299_000;
  expect(await tokens.get()).toBe("t1");
  nowMs = 3_301_000;
  const renewed = await Promise.all([tokens.get(), tokens.get(), tokens.get()]);

  expect(renewed).toEqual(["t2", "t2", "t2"]);
  expect(asked).toHaveLength(2);
});

test("a renewal that fails leaves the token that is still good, and is tried again", async () => {
  let nowMs = 0;
  const tokens = accessTokens(fromServer(), () => nowMs);
  await tokens.get();
  answer = { status: 503, body: "" };
  nowMs = 3_400_000;

  expect([await tokens.get(), await tokens.get()]).toEqual(["t1", "t1"]);
  expect(asked).toHaveLength(2);
  nowMs = 3_600_000;
  await expect(tokens.get()).rejects.toMatchObject({
    cause: { code: expect.stringContaining("503") },
  });
});

test("a token that was refused is forgotten, unless there is another by now", async () => {
  const tokens = accessTokens(fromServer());
  await tokens.get();
  answer = { status: 200, body: token("t2") };

  tokens.forget("t1");
  expect(await tokens.get()).toBe("t2");
  tokens.forget("t1");

  expect(await tokens.get()).toBe("t2");
  expect(asked).toHaveLength(2);
});

test("the secret, the scope and further fields stand where the server wants them", async () => {
  const parameters = { audience: "https://api.example" };
  await accessTokens(fromServer({ scope: "a b", parameters })).get();
  await accessTokens(fromServer({ secretIn: "header" })).get();

  expect(Object.fromEntries(asked[0]?.form ?? [])).toEqual({
    ...{ grant_type: "client_credentials", client_id: "me", client_secret: "s3cret" },
    ...{ scope: "a b", audience: "https://api.example" },
  });
  expect(asked[1]?.form.has("client_secret")).toBe(false);
  expect(asked[1]?.authorization).toBe(`Basic ${Buffer.from("me:s3cret").toString("base64")}`);
});

test("a certificate signs an assertion for the token server, and names itself by its thumbprint", async () => {
  const pems = await generate([{ name: "commonName", value: "waybill" }], { keySize: 2048 });
  const certificate = `${pems.private}\n${pems.cert}`;

  await accessTokens(fromServer({ clientSecret: undefined, certificate })).get();

  const [{ form } = { form: new URLSearchParams() }] = asked;
  expect(form.get("client_assertion_type")).toBe(
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
  );
  const key = await importX509(pems.cert, "RS256");
  const { payload, protectedHeader } = await jwtVerify(form.get("client_assertion") ?? "", key, {
    ...{ audience: serverUrl, issuer: "me", subject: "me" },
  });
  const { fingerprint256 } = new X509Certificate(pems.cert);
  expect(protectedHeader["x5t#S256"]).toBe(
    Buffer.from(fingerprint256.replaceAll(":", ""), "hex").toString("base64url"),
  );
  expect(payload.exp).toBeTypeOf("number");
  expect(`${form}`).not.toContain("PRIVATE");
});

test.each<[string, typeof answer, string]>([
  [
    "a wrong secret",
    { status: 401, body: '{"error":"invalid_client","error_description":"no\\nway"}' },
    "invalid_client: no way",
  ],
  ["a wrong scope", { status: 400, body: '{"error":"invalid_scope"}' }, "invalid_scope"],
  [
    "a page of HTML",
    { status: 200, body: "<html>", type: "text/html" },
    "not in the form of OAuth 2.0",
  ],
  ["a redirect", { status: 302, body: "" }, "not in the form of OAuth 2.0"],
  ["nothing", { status: 200, body: "" }, "not in the form of OAuth 2.0"],
  ["levels without end", { status: 200, body: "[".repeat(60_000) }, "not in the form of OAuth 2.0"],
  [
    "more than anybody needs",
    { status: 200, body: token("x".repeat(70_000)) },
    "not in the form of OAuth 2.0",
  ],
  [
    "a token for a header that cannot be",
    { status: 200, body: token("a\r\nb") },
    "no bearer token",
  ],
])("%s is refused for good, and the secret is not told", async (...[, given, because]) => {
  answer = given;

  const failure = await accessTokens(fromServer())
    .get()
    .catch((error: unknown) => error);

  expect(failure).toBeInstanceOf(TokenRefused);
  expect((failure as Error).message).toContain(because);
  expect(String(failure)).not.toContain("s3cret");
});

test("a token server that is down is not a refusal", async () => {
  issuer.setFault({ kind: "down" });

  const failure = await accessTokens(fromIssuer(2))
    .get()
    .catch((error: unknown) => error);

  expect(failure).toBeInstanceOf(Error);
  expect(failure).not.toBeInstanceOf(TokenRefused);
});
