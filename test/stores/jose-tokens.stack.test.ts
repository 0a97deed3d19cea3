import { generateKeyPairSync, randomUUID } from "node:crypto";
import { type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Tokens } from "../../src/domain/ports.ts";
import { startKeyServer } from "../support/key-server.ts";
import { API_CLIENT_ID, AUDIENCE, startTenant, type TestTenant } from "../support/tenant.ts";

let tenant: TestTenant;
let tokens: Tokens;

beforeAll(async () => {
  tenant = await startTenant();
});
beforeEach(() => {
  tenant.reset();
  tokens = tenant.verifier();
});
afterAll(async () => {
  await tenant.issuer.stop();
});

type Version = 1 | 2;
/** Laid over the claims of a proper token. */
type Change = (tenant: TestTenant) => object;
const invalid = { code: "token-invalid" };
const DAY_SECONDS = 86_400;

test.each([1, 2] as const)(
  "a proper token of version %i names its application",
  async (version) => {
    const token = tenant.issuer.sign(tenant.claims(version, { roles: ["Waybill.Operator"] }));

    expect(await tokens.verify(token)).toEqual({
      applicationId: tenant.partner.id,
      roles: ["Waybill.Operator"],
    });
  },
);

test.each<[string, Version, Change]>([
  ["an audience with a slash at the end", 1, () => ({ aud: `${AUDIENCE}/` })],
  ["an audience without a slash at the end", 1, () => ({ aud: AUDIENCE })],
  ["an audience that is the client id", 2, () => ({ aud: API_CLIENT_ID })],
  ["no roles", 2, () => ({ roles: undefined })],
  ["an application id in upper case", 2, ({ partner }) => ({ azp: partner.id.toUpperCase() })],
  ["two names of one application", 2, ({ partner }) => ({ appid: partner.id })],
  ["the word that it stands for an application", 2, () => ({ idtyp: "app" })],
  ["an end within the tolerance", 2, ({ seconds }) => ({ exp: seconds(-59) })],
  ["a start within the tolerance", 2, ({ seconds }) => ({ nbf: seconds(59) })],
  ["an issue time within the tolerance", 2, ({ seconds }) => ({ iat: seconds(59) })],
  ["an end a day ahead", 2, ({ seconds }) => ({ exp: seconds(DAY_SECONDS) })],
  ["no start", 2, () => ({ nbf: undefined })],
])("accepts %s", async (_, version, change) => {
  const token = tenant.issuer.sign(tenant.claims(version, change(tenant)));

  expect(await tokens.verify(token)).toEqual({ applicationId: tenant.partner.id, roles: [] });
});

test.each<[string, Version, Change]>([
  ["the audience of Microsoft Graph", 1, () => ({ aud: "https://graph.microsoft.com" })],
  ["an audience that only starts like ours", 1, () => ({ aud: `${AUDIENCE}.evil.example` })],
  ["an audience below ours", 1, () => ({ aud: `${AUDIENCE}/other` })],
  ["an audience with two slashes", 1, () => ({ aud: `${AUDIENCE}//` })],
  ["no audience", 1, () => ({ aud: undefined })],
  ["an object as audience", 1, () => ({ aud: { [AUDIENCE]: true } })],
  ["a foreign issuer", 2, () => ({ iss: "https://login.example.com/v2.0" })],
  ["an issuer that only starts like ours", 2, () => ({ iss: "http://127.0.0.1" })],
  ["another tenant's issuer", 2, () => ({ iss: `https://sts.windows.net/${randomUUID()}/` })],
  ["no issuer", 2, () => ({ iss: undefined })],
  ["another tenant", 2, () => ({ tid: randomUUID() })],
  ["no tenant", 2, () => ({ tid: undefined })],
  ["a tenant that is not text", 2, () => ({ tid: ["x"] })],
  ["no end", 2, () => ({ exp: undefined })],
  ["an end that is not a number", 2, () => ({ exp: "9999999999" })],
  ["an end past the tolerance", 2, ({ seconds }) => ({ exp: seconds(-61) })],
  ["an end more than a day ahead", 2, ({ seconds }) => ({ exp: seconds(DAY_SECONDS + 61) })],
  ["an end years ahead", 2, ({ seconds }) => ({ exp: seconds(1e9) })],
  ["a start in the future", 2, ({ seconds }) => ({ nbf: seconds(61) })],
  ["an issue time in the future", 2, ({ seconds }) => ({ iat: seconds(3_600) })],
  ["an issue time days ago", 2, ({ seconds }) => ({ iat: seconds(-2 * DAY_SECONDS) })],
  ["no issue time", 2, () => ({ iat: undefined })],
  ["no application", 2, () => ({ azp: undefined })],
  ["an application that is not a GUID", 2, () => ({ azp: "partner" })],
  ["two different applications", 2, () => ({ appid: randomUUID() })],
  ["a user", 2, () => ({ scp: "user_impersonation" })],
  ["a user without scopes", 2, () => ({ scp: "" })],
  ["the word that it stands for a user", 2, () => ({ idtyp: "user" })],
  ["roles that are not list", 2, () => ({ roles: "Waybill.Operator" })],
])("refuses %s", async (_, version, change) => {
  const token = tenant.issuer.sign(tenant.claims(version, change(tenant)));

  await expect(tokens.verify(token)).rejects.toMatchObject(invalid);
});

test("refuses an ID token, which has our client id as audience too", async () => {
  const { azp: _, azpacr: __, ...rest } = tenant.claims(2);

  const token = tenant.issuer.sign({
    ...rest,
    name: "A User",
    preferred_username: "a@example.com",
  });

  await expect(tokens.verify(token)).rejects.toMatchObject(invalid);
});

test("refuses a token when its time is over, by our clock", async () => {
  const token = tenant.issuer.sign(tenant.claims());
  await tokens.verify(token);

  tenant.clock.advance(2 * 3_600_000);

  await expect(tokens.verify(token)).rejects.toMatchObject(invalid);
});

test.each(["", "x", "a.b.c", "a.b.c.d.e", "...", "\u0000", `${"A".repeat(100_000)}.e30.x`])(
  "refuses %j, which is not a token, without asking for keys",
  async (text) => {
    const before = tenant.issuer.requests().keys;

    await expect(tokens.verify(text)).rejects.toMatchObject(invalid);

    expect(tenant.issuer.requests().keys).toBe(before);
  },
);

test("refuses a signature that was changed, is missing, or belongs to other claims", async () => {
  const { issuer, claims } = tenant;
  const [header = "", payload = "", signature = ""] = issuer.sign(claims()).split(".");
  const other = issuer.sign(claims(2, { roles: ["Waybill.Operator"] })).split(".")[1];
  const flipped = `${signature[0] === "A" ? "B" : "A"}${signature.slice(1)}`;

  for (const token of [
    `${header}.${payload}.${flipped}`,
    `${header}.${payload}.`,
    `${header}..`,
    `${header}.${other}.${signature}`,
  ]) {
    await expect(tokens.verify(token)).rejects.toMatchObject(invalid);
  }
});

test("refuses a header that demands what is not understood here", async () => {
  const token = tenant.issuer.sign(tenant.claims(), { crit: ["waybill"], waybill: 1 });

  await expect(tokens.verify(token)).rejects.toMatchObject(invalid);
});

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const publicPem = Buffer.from(rsa.publicKey.export({ type: "spki", format: "pem" }));

function signed(alg: string, key: Parameters<SignJWT["sign"]>[0], payload: JWTPayload) {
  return new SignJWT(payload).setProtectedHeader({ alg, kid: "k", typ: "JWT" }).sign(key);
}

test.each<[string, (payload: JWTPayload) => string | Promise<string>]>([
  ["none", (payload) => new UnsecuredJWT(payload).encode()],
  ["HS256 with the public key as the secret", (payload) => signed("HS256", publicPem, payload)],
  ["RS384", (payload) => signed("RS384", rsa.privateKey, payload)],
  ["RS512", (payload) => signed("RS512", rsa.privateKey, payload)],
  ["PS256", (payload) => signed("PS256", rsa.privateKey, payload)],
  ["ES256", (payload) => signed("ES256", ec.privateKey, payload)],
])("refuses the algorithm %s before any key is looked up", async (_, token) => {
  const jwk = { ...rsa.publicKey.export({ format: "jwk" }), kid: "k", use: "sig" };
  const server = await startKeyServer({ body: () => ({ keys: [jwk] }) });
  const verifier = tenant.verifier({ jwksUri: server.url });
  const text = await token(tenant.claims());

  await expect(verifier.verify(text)).rejects.toMatchObject(invalid);

  expect(server.requests()).toBe(0);
  const proper = await signed("RS256", rsa.privateKey, tenant.claims());
  expect(await verifier.verify(proper)).toMatchObject({ applicationId: tenant.partner.id });
  await server.stop();
});

test("no refusal repeats the token", async () => {
  const token = tenant.issuer.sign(tenant.claims(2, { aud: "other" }));

  const refusal = await tokens.verify(token).catch((error: Error) => error);

  expect(refusal).toBeInstanceOf(Error);
  const [, payload, signature] = token.split(".");
  const told = JSON.stringify(refusal, Object.getOwnPropertyNames(refusal));
  expect(told).not.toContain(payload);
  expect(told).not.toContain(signature);
});
