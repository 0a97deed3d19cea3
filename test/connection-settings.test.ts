import { expect, test } from "vitest";
import { readConnections } from "../src/connection-settings.ts";

function readSettings(settings: Record<string, string>) {
  return readConnections(new Map(Object.entries(settings)));
}

/** Problems of the settings, one text each. */
function problemsOf(settings: Record<string, string>): readonly string[] {
  return readSettings(settings).connectionProblems;
}

test("a wrong connection is unusable, says why without its value, and leaves everything else as it is", () => {
  const canary = "hunter2-canary";
  const config = readSettings({
    CONNECTION_SHOP: "postgres://reader:password@host/shop",
    CONNECTION_A: `postgres://user:${canary}@host:notaport/db`,
    CONNECTION_B: `{"kind":"http","baseUrl":"https://host","auth":{"kind":"bearer","token":"${canary}`,
    CONNECTION_C: `{"kind":"http","baseUrl":"https://host","auth":{"kind":"basic","token":"${canary}"}}`,
    CONNECTION_D: `mysql://user:${canary}@host`,
    CONNECTION__: `postgres://user:${canary}@host/db`,
    CONNECTION_E: `@Microsoft.KeyVault(VaultName=v;SecretName=${canary})`,
  });

  expect(config.connectionProblems.map((problem) => problem.split(":")[0])).toEqual([
    "CONNECTION_A",
    "CONNECTION_B",
    "CONNECTION_C",
    "CONNECTION_D",
    "CONNECTION__",
    "CONNECTION_E",
  ]);
  expect(config.connections.get("shop")).toMatchObject({ kind: "postgres" });
  expect(config.connections.get("a")).toEqual({
    kind: "unusable",
    reason: expect.stringMatching(/^the app's setting CONNECTION_A must be a URL such as /),
  });
  expect(config.connections.get("e")).toEqual({
    kind: "unusable",
    reason: expect.stringMatching(/^the app's setting CONNECTION_E is a reference to a secret /),
  });
  expect(JSON.stringify([...config.connections, config.connectionProblems])).not.toContain(canary);
});

test("connections have the names that definitions use", () => {
  const { connections } = readSettings({
    CONNECTION_SHOP_DB: "postgresql://reader:p%40ss@host:5432/shop",
    CONNECTION_api: JSON.stringify({
      kind: "http",
      baseUrl: "https://api.example.com/v1",
      auth: { kind: "key", header: "x-api-key", key: "a key" },
    }),
    CONNECTION_OPEN: '{"kind":"http","baseUrl":"http://localhost:8080"}',
  });

  expect([...connections]).toEqual([
    [
      "shop-db",
      { kind: "postgres", connectionString: "postgresql://reader:p%40ss@host:5432/shop" },
    ],
    [
      "api",
      {
        kind: "http",
        baseUrl: "https://api.example.com/v1",
        auth: { kind: "key", header: "x-api-key", key: "a key" },
      },
    ],
    ["open", { kind: "http", baseUrl: "http://localhost:8080", auth: { kind: "none" } }],
  ]);
});

const OWN_TOKENS = {
  kind: "client-credentials",
  tokenUrl: "https://login.example.com/tenant/oauth2/v2.0/token",
  clientId: "me",
  clientSecret: "s3cret",
};

test("an HTTP connection may obtain its own tokens, and say where next links lead", () => {
  const connection = { kind: "http", baseUrl: "https://host", nextLinks: ["https://other/api"] };
  const setting = JSON.stringify({ ...connection, auth: { ...OWN_TOKENS, scope: "x/.default" } });

  const { connections } = readSettings({ CONNECTION_CRM: setting });

  expect(connections.get("crm")).toEqual({
    ...connection,
    auth: { ...OWN_TOKENS, scope: "x/.default", secretIn: "body", parameters: {} },
  });
});

test.each<[string, object]>([
  ["a token with a line break", { auth: { kind: "bearer", token: "a\r\nb" } }],
  ["a token that is not ASCII", { auth: { kind: "bearer", token: "ä" } }],
  ["a key with a blank at its end", { auth: { kind: "key", header: "x", key: "a " } }],
  ["an empty key", { auth: { kind: "key", header: "x", key: "" } }],
  ["a header name with a colon", { auth: { kind: "key", header: "x:", key: "a" } }],
  ["a user in the URL", { baseUrl: "https://user:secret@host" }],
  ["a query in the URL", { baseUrl: "https://host?key=secret" }],
  ["an unknown member", { timeout: 5 }],
  ["a next link with a query", { nextLinks: ["https://other?x=1"] }],
  ["a next link that is not an address", { nextLinks: ["other"] }],
  [
    "a token server without https",
    { auth: { ...OWN_TOKENS, tokenUrl: "http://login.example/token" } },
  ],
  ["neither secret nor certificate", { auth: { ...OWN_TOKENS, clientSecret: undefined } }],
  ["a certificate besides a secret", { auth: { ...OWN_TOKENS, certificate: "x" } }],
  [
    "a certificate that is none",
    { auth: { ...OWN_TOKENS, clientSecret: undefined, certificate: "-----BEGIN" } },
  ],
])("an HTTP connection must not have %s", (_, changed) => {
  const connection = { kind: "http", baseUrl: "https://host", ...changed };

  expect(problemsOf({ CONNECTION_X: JSON.stringify(connection) })).toEqual([
    expect.stringMatching(/^CONNECTION_X: must be /),
  ]);
});

test("one connection cannot stand under two spellings", () => {
  const url = "postgres://reader:password@host/shop";

  expect(problemsOf({ CONNECTION_SHOP: url, CONNECTION_shop: url })).toEqual([
    expect.stringMatching(/^CONNECTION_shop: is there twice/),
  ]);
});
