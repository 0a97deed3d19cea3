import { inspect } from "node:util";
import { expect, test } from "vitest";
import { withLogFacts } from "../../src/domain/log-facts.ts";
import { jsonLog, redact } from "../../src/stores/json-log.ts";

const CANARY = "c4n4ryS3cretValue";
const JWT_CANARY = `eyJhbGciOiJSUzI1NiJ9.${CANARY}.c2lnbmF0dXJl`;

/** The line of one event. */
function lineOf(facts: Record<string, string | number | boolean | null | undefined>): string {
  const lines: string[] = [];
  jsonLog((line) => lines.push(line))("run-lost", facts);
  expect(lines).toHaveLength(1);
  return lines[0] ?? "";
}

/** Each text holds the canary where the world keeps a secret. */
const SECRETS: Record<string, string> = {
  "a SAS": `https://a.blob.core.windows.net/c/b?sv=2025-11-05&sig=${CANARY}%3D&sp=r`,
  "a SAS whose signature comes first": `https://a.blob.core.windows.net/c/b?sig=${CANARY}`,
  "a function key": `https://a.azurewebsites.net/api/x?code=${CANARY}`,
  "a key in a query": `https://api.example.com/items?page=1&key=${CANARY}`,
  "a storage connection string": `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${CANARY}==;EndpointSuffix=x`,
  "a Service Bus connection string": `Endpoint=sb://a/;SharedAccessKeyName=n;SharedAccessKey=${CANARY}=`,
  "a SAS connection string": `BlobEndpoint=https://a/;SharedAccessSignature=sv=1&sig=${CANARY}`,
  "a Service Bus token": `SharedAccessSignature sr=sb%3A%2F%2Fa&sig=${CANARY}&se=1&skn=n`,
  "a shared key header": `Authorization: SharedKey account:${CANARY}=`,
  "a bearer header": `Authorization: Bearer ${CANARY}`,
  "a header without a scheme": `authorization: ${CANARY}`,
  "a bearer token alone": `sent Bearer ${CANARY}`,
  "a JWT": `token ${JWT_CANARY} was refused`,
  "a JWT in a URL": `Bearer%20${JWT_CANARY}`,
  "a JWT without a signature": `eyJhbGciOiJub25lIn0.${CANARY}.`,
  "a URL with a password": `postgres://reader:${CANARY}@host:5432/shop`,
  "a URL with an odd password": `connect postgres://reader:p/w@${CANARY}@host/shop failed`,
  "a URL with a token for a user": `https://${CANARY}@git.example.com/x`,
  "a key=value password": `host=a user=b password=${CANARY} dbname=c`,
  "an ODBC password": `Server=a;Uid=b;Pwd=${CANARY};`,
  "a form": `grant_type=client_credentials&client_id=a&client_secret=${CANARY}&scope=b`,
  "a token answer": JSON.stringify({ token_type: "Bearer", access_token: CANARY }),
  "a JSON password": JSON.stringify({ user: "a", password: CANARY }),
  "JSON in JSON": JSON.stringify({ body: JSON.stringify({ clientSecret: CANARY }) }),
  "an object as Node shows it": inspect({ headers: { "x-api-key": CANARY } }),
  "an authorization as Node shows it": inspect({ headers: { authorization: `Basic ${CANARY}` } }),
  "a header line": `x-functions-key: ${CANARY}`,
  "a webhook secret": `whsec_${CANARY}+/=`,
  "a private key": `-----BEGIN RSA PRIVATE KEY-----\n${CANARY}\n-----END RSA PRIVATE KEY-----`,
  "a private key that is cut off": `-----BEGIN PRIVATE KEY-----\n${CANARY}`,
};

test.each(Object.entries(SECRETS))("%s does not come out", (_, text) => {
  expect(redact(text)).not.toContain(CANARY);
  expect(lineOf({ failure: new Error(text).stack })).not.toContain(CANARY);
  expect(lineOf({ a: `before ${text} after` })).not.toContain(CANARY);
  expect(lineOf({ a: `${"x".repeat(7_950)} ${text}` })).not.toContain(CANARY);
});

test.each([
  "https://a.blob.core.windows.net/shop-items/Shop.Items/2026-03-01/a.jsonl.gz",
  "Cannot read the source: connect ECONNREFUSED 127.0.0.1:5432, code=ECONNREFUSED",
  "SharedAccessKeyName is missing",
  "message 6d31e09f-0249-4f0a-9d6c-1f0e3c5b7a91 of partner@example.com at 10:00:00",
  'password authentication failed for user "reader"',
  "the token has expired",
])("%j stays what it is", (text) => {
  expect(redact(text)).toBe(text);
});

test("what is around a secret stays readable", () => {
  expect(redact(SECRETS["a storage connection string"] ?? "")).toBe(
    "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=***;EndpointSuffix=x",
  );
  expect(redact(SECRETS["a URL with a password"] ?? "")).toBe("postgres://***@host:5432/shop");
  expect(redact(SECRETS["a SAS"] ?? "")).toBe(
    "https://a.blob.core.windows.net/c/b?sv=2025-11-05&sig=***&sp=r",
  );
});

test("a line is one JSON object with the event and its facts", () => {
  const facts = { sequence: 7, ok: true, nothing: null, absent: undefined, text: "a" };

  expect(JSON.parse(lineOf(facts))).toEqual({
    event: "run-lost",
    level: "warning",
    sequence: 7,
    ok: true,
    nothing: null,
    text: "a",
  });
});

test.each([
  '\n{"event":"forged"}',
  "\r\nforged",
  "\u2028forged",
  "\u2029forged",
  "\u0085\u000b\u000c",
  '","event":"forged',
  `sig=a"b`,
  `password=a\\`,
  `x?sig=a\\","event":"forged`,
  `authorization: "\\`,
])("nobody forges a line or a fact with %j", (text) => {
  const line = lineOf({ text });

  expect(line).not.toMatch(/[\r\n\u2028\u2029]/);
  expect(Object.keys(JSON.parse(line))).toEqual(["event", "level", "text"]);
  expect(JSON.parse(line).event).toBe("run-lost");
});

test("lines say what holds around them, each its own", async () => {
  const lines: string[] = [];
  const log = jsonLog((line) => lines.push(line));
  const work = async (invocationId: string) =>
    withLogFacts({ invocationId }, async () => {
      await Promise.resolve();
      log("run-lost", { runId: "r" });
    });

  await Promise.all([work("a"), work("b")]);
  log("run-lost");

  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { event: "run-lost", level: "warning", invocationId: "a", runId: "r" },
    { event: "run-lost", level: "warning", invocationId: "b", runId: "r" },
    { event: "run-lost", level: "warning" },
  ]);
});

test.each([
  ["run-ended", { state: "failed" }, "error"],
  ["run-ended", { state: "succeeded" }, "information"],
  ["import-ended", { state: "processed" }, "information"],
  ["import-ended", { state: "processed-with-errors" }, "warning"],
  ["import-ended", { state: "dead-lettered" }, "error"],
  ["request", { status: 499 }, "information"],
  ["request", { status: 503 }, "error"],
] as const)("%s with %j has the level %s", (event, facts, level) => {
  const lines: string[] = [];
  jsonLog((line) => lines.push(line))(event, facts);

  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level });
});

test("a secret in whose middle a text is cut does not come out", () => {
  const url = `postgres://reader:${CANARY}${"y".repeat(100)}@host/shop`;

  expect(lineOf({ text: `${"x".repeat(7_950)} ${url}` })).not.toContain(CANARY);
});

test("a long text is cut", () => {
  const { text } = JSON.parse(lineOf({ text: "x".repeat(1_000_000) }));

  expect(text).toBe(`${"x".repeat(8_000)}...`);
});

test.each([
  "eyJ",
  "eyJ-",
  "://",
  "://a:",
  "a://a@",
  "password ",
  "-----BEGIN PRIVATE KEY-----",
  "sig",
])("a megabyte of %j is written without taking ages", (piece) => {
  expect(lineOf({ text: piece.repeat(1_000_000 / piece.length) }).length).toBeLessThan(10_000);
});
