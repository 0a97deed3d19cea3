import { generateKeyPairSync, type JsonWebKey, randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Tokens } from "../../src/domain/ports.ts";
import { startKeyServer } from "../support/key-server.ts";
import { startTenant, type TestTenant } from "../support/tenant.ts";

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

const invalid = { code: "token-invalid" };
const unavailable = { code: "issuer-unavailable" };
const proper = (): string => tenant.issuer.sign(tenant.claims());
const asked = (): number => tenant.issuer.requests().keys;

async function issuerKeySet(): Promise<object[]> {
  const response = await fetch(tenant.jwksUri);
  return ((await response.json()) as { keys: object[] }).keys;
}

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const jwk: JsonWebKey = { ...publicKey.export({ format: "jwk" }), kid: "k" };

/** A verifier that knows the issuer's keys and some odd ones. */
async function withOddKeys(odd: object[]) {
  const keys = [...(await issuerKeySet()), ...odd];
  const server = await startKeyServer({ body: () => ({ keys }) });
  return { server, verifier: tenant.verifier({ jwksUri: server.url }) };
}

test.each<[string, object[]]>([
  ["a key for encryption", [{ ...jwk, use: "enc" }]],
  ["a key for another algorithm", [{ ...jwk, alg: "RS512" }]],
  ["a key whose operations leave out verifying", [{ ...jwk, key_ops: ["encrypt"] }]],
  ["a key of another kind", [{ kty: "oct", kid: "k", k: "c2VjcmV0" }]],
  ["a broken key", [{ kty: "RSA", kid: "k", n: "!", e: "AQAB" }]],
  ["a private key", [{ ...privateKey.export({ format: "jwk" }), kid: "k" }]],
  ["two keys of that name", [jwk, { ...jwk, e: "AQABAQ" }]],
])("%s among the issuer's keys verifies nothing, and the others do", async (_, odd) => {
  const { verifier, server } = await withOddKeys(odd);
  const token = tenant.issuer.sign(tenant.claims(), { kid: "k" }, privateKey);

  await expect(verifier.verify(token)).rejects.toMatchObject(invalid);

  expect(await verifier.verify(proper())).toBeDefined();
  await server.stop();
});

test("a key among the issuer's keys verifies", async () => {
  const { verifier, server } = await withOddKeys([jwk]);
  const token = tenant.issuer.sign(tenant.claims(), { kid: "k" }, privateKey);

  expect(await verifier.verify(token)).toBeDefined();

  await server.stop();
});

test("a key of 1,024 bits verifies nothing, also when it is padded to look larger", async () => {
  const small = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const weak = small.publicKey.export({ format: "jwk" });
  const padded = Buffer.concat([Buffer.alloc(128), Buffer.from(weak.n ?? "", "base64url")]);
  const token = tenant.issuer.sign(tenant.claims(), { kid: "k" }, small.privateKey);

  for (const n of [weak.n, padded.toString("base64url")]) {
    const { verifier, server } = await withOddKeys([{ ...weak, n, kid: "k" }]);
    await expect(verifier.verify(token)).rejects.toMatchObject(invalid);
    await server.stop();
  }
});

test.each(["jwk", "jku", "x5u", "x5c"])(
  "a key that the token's own header brings (%s) is not looked at",
  async (name) => {
    const foreign = await startKeyServer({ body: () => ({ keys: [{ ...jwk, kid: "mine" }] }) });
    const value = { jwk: { ...jwk }, x5c: [jwk.n] }[name] ?? foreign.url;
    const token = tenant.issuer.sign(tenant.claims(), { kid: "mine", [name]: value }, privateKey);

    await expect(tokens.verify(token)).rejects.toMatchObject(invalid);

    expect(foreign.requests()).toBe(0);
    await foreign.stop();
  },
);

test("a flood of unknown key ids asks the issuer once in 30 seconds", async () => {
  await tokens.verify(proper());
  tenant.clock.advance(31_000);
  const before = asked();
  const flood = async (): Promise<void> => {
    const refusals = Array.from({ length: 100 }, (_, index) => {
      const kid = index % 2 === 0 ? randomUUID() : `../../../keys?x=${index}`;
      const token = tenant.issuer.sign(tenant.claims(), { kid });
      return expect(tokens.verify(token)).rejects.toMatchObject(invalid);
    });
    await Promise.all(refusals);
  };

  await flood();
  await flood();

  expect(asked()).toBe(before + 1);
  tenant.clock.advance(29_999);
  await flood();
  expect(asked()).toBe(before + 1);
  tenant.clock.advance(1);
  await flood();
  expect(asked()).toBe(before + 2);
});

test("keys are asked for once, however many tokens arrive, until they are ten minutes old", async () => {
  const before = asked();

  await Promise.all(Array.from({ length: 20 }, () => tokens.verify(proper())));
  tenant.clock.advance(9 * 60_000);
  await tokens.verify(proper());

  expect(asked()).toBe(before + 1);
  tenant.clock.advance(2 * 60_000);
  await tokens.verify(proper());
  expect(asked()).toBe(before + 2);
});

test("a token signed by a new key is accepted after one look-up", async () => {
  await tokens.verify(proper());
  tenant.clock.advance(31_000);
  await tenant.issuer.rotate();
  const before = asked();

  expect(await tokens.verify(proper())).toBeDefined();

  expect(asked()).toBe(before + 1);
});

test("a key that the issuer has withdrawn ends with the next look-up", async () => {
  const old = tenant.issuer.sign(tenant.claims(2, { exp: tenant.seconds(7_200) }));
  await tokens.verify(old);
  await tenant.issuer.rotate();
  await tenant.issuer.rotate();

  tenant.clock.advance(11 * 60_000);

  await expect(tokens.verify(old)).rejects.toMatchObject(invalid);
});

const FAULTS = [
  { kind: "down" },
  { kind: "slow", delayMs: 60_000 },
  { kind: "html" },
  { kind: "huge", bytes: 10 * 1024 * 1024 },
] as const;

test.each(FAULTS)(
  "while the issuer is $kind, its last good keys serve for a day",
  async (fault) => {
    const verifier = tenant.verifier({ keysTimeoutMs: 500 });
    await verifier.verify(proper());
    tenant.issuer.setFault(fault);

    tenant.clock.advance(23 * 3_600_000);
    expect(await verifier.verify(proper())).toBeDefined();
    const unknown = tenant.issuer.sign(tenant.claims(), { kid: "unknown" });
    await expect(verifier.verify(unknown)).rejects.toMatchObject(invalid);

    tenant.clock.advance(2 * 3_600_000);
    await expect(verifier.verify(proper())).rejects.toMatchObject(unavailable);
    tenant.issuer.setFault(null);
    tenant.clock.advance(31_000);
    expect(await verifier.verify(proper())).toBeDefined();
  },
);

test.each(FAULTS)(
  "without any keys, while the issuer is $kind, callers are told to try again, and it is asked once in 5 s",
  async (fault) => {
    const verifier = tenant.verifier({ keysTimeoutMs: 500 });
    tenant.issuer.setFault(fault);
    const before = asked();

    for (let call = 0; call < 3; call++) {
      await expect(verifier.verify(proper())).rejects.toMatchObject(unavailable);
    }

    expect(asked()).toBe(before + 1);
    tenant.issuer.setFault(null);
    tenant.clock.advance(5_000);
    expect(await verifier.verify(proper())).toBeDefined();
  },
);

test("an answer of more than 512 KB is refused, however right it is", async () => {
  tenant.issuer.setFault({ kind: "huge", bytes: 512 * 1024 + 1 });
  await expect(tokens.verify(proper())).rejects.toMatchObject(unavailable);

  tenant.clock.advance(5_000);
  tenant.issuer.setFault({ kind: "huge", bytes: 512 * 1024 });

  expect(await tokens.verify(proper())).toBeDefined();
});

test.each<[string, unknown, number]>([
  ["no keys", { keys: [] }, 200],
  ["no usable keys", { keys: [{ kty: "EC", kid: "k" }] }, 200],
  ["something else", { error: "no" }, 200],
  ["an error", { keys: [jwk] }, 500],
])("an answer with %s leaves the last good keys in place", async (_, body, status) => {
  const answer: { body: unknown; status: number } = {
    body: { keys: await issuerKeySet() },
    status: 200,
  };
  const server = await startKeyServer({ body: () => answer.body, status: () => answer.status });
  const verifier = tenant.verifier({ jwksUri: server.url });
  await verifier.verify(proper());

  Object.assign(answer, { body, status });
  tenant.clock.advance(11 * 60_000);

  expect(await verifier.verify(proper())).toBeDefined();
  expect(server.requests()).toBe(2);
  await server.stop();
});

test("an issuer that sends us elsewhere is not followed", async () => {
  const target = await startKeyServer({ body: () => ({ keys: [jwk] }) });
  const server = await startKeyServer({
    body: () => ({}),
    status: () => 302,
    location: target.url,
  });
  const verifier = tenant.verifier({ jwksUri: server.url });

  await expect(verifier.verify(proper())).rejects.toMatchObject(unavailable);

  expect(server.requests()).toBe(1);
  expect(target.requests()).toBe(0);
  await server.stop();
  await target.stop();
});

test("a clock that is set back does not keep keys for ever", async () => {
  await tokens.verify(proper());
  const before = asked();

  tenant.clock.set("2026-02-28T10:00:00Z");

  expect(await tokens.verify(proper())).toBeDefined();
  expect(asked()).toBe(before + 1);
});
