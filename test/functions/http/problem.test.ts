import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { AppError, type ErrorCode } from "../../../src/domain/errors.ts";
import { problemOf, unforeseenProblem } from "../../../src/functions/http/problem.ts";

const REQUEST_ID = "5b3c6c43-1d8f-4a1c-9d55-0f2f6d2f3a10";

const codes = [
  ...readFileSync("src/domain/errors.ts", "utf8").matchAll(/^ {2}\| "([a-z-]+)"/gm),
].map(([, code]) => code as ErrorCode);

function headersOf(error: AppError): Headers {
  return new Headers(problemOf(error, REQUEST_ID, "operator").headers as Record<string, string>);
}

test("the list of codes was found", () => {
  expect(codes).toEqual(expect.arrayContaining(["request-invalid", "ledger-entry-not-found"]));
});

test.each(codes)("%s is answered as problem details of an error", (code) => {
  const {
    status = 0,
    headers,
    body,
  } = problemOf(new AppError(code, "Cannot do it"), REQUEST_ID, "operator");

  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(600);
  expect(headers).toMatchObject({
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
  });
  expect(JSON.parse(String(body))).toEqual({
    type: `urn:waybill:problem:${code}`,
    title: code.replaceAll("-", " "),
    status,
    detail: "Cannot do it",
    instance: `urn:uuid:${REQUEST_ID}`,
  });
});

test.each<[ErrorCode, number]>([
  ["request-invalid", 400],
  ["token-missing", 401],
  ["token-invalid", 401],
  ["application-unknown", 403],
  ["forbidden", 403],
  ["connector-not-found", 404],
  ["delivery-not-found", 404],
  ["delivery-leased-by-another", 409],
  ["definition-in-use", 409],
  ["definition-changed", 412],
  ["file-too-large", 413],
  ["connector-id-zero", 500],
  ["issuer-unavailable", 503],
])("%s is answered with %i", (code, status) => {
  expect(problemOf(new AppError(code, "Cannot do it"), REQUEST_ID, "operator").status).toBe(status);
});

test.each([
  ["delivery-not-found", "message-not-found"],
  ["delivery-not-leased", "message-not-leased"],
  ["submission-not-found", "message-not-found"],
  ["file-empty", "file-empty"],
] as const)("partners are told %s by the code that their clients know: %s", (code, told) => {
  const typeFor = (reader: "operator" | "partner") =>
    JSON.parse(String(problemOf(new AppError(code, "Cannot"), REQUEST_ID, reader).body)).type;

  expect(typeFor("partner")).toBe(`urn:waybill:problem:${told}`);
  expect(typeFor("operator")).toBe(`urn:waybill:problem:${code}`);
});

test("a problem names each field that is wrong", () => {
  const problems = [
    { field: "entities[0].source.table", message: "must be schema.table" },
    { field: "", message: "must be an object" },
  ];

  const { body } = problemOf(
    new AppError("definition-invalid", "Cannot", { problems }),
    REQUEST_ID,
    "operator",
  );

  expect(JSON.parse(String(body)).errors).toEqual([
    { field: "entities[0].source.table", detail: "must be schema.table" },
    { field: "", detail: "must be an object" },
  ]);
});

test.each<[ErrorCode, string | null]>([
  ["token-missing", 'Bearer realm="waybill"'],
  [
    "token-invalid",
    `Bearer realm="waybill", error="invalid_token", error_description="Cannot: 'x'"`,
  ],
  [
    "forbidden",
    `Bearer realm="waybill", error="insufficient_scope", error_description="Cannot: 'x'"`,
  ],
  ["application-unknown", null],
  ["request-invalid", null],
])("the challenge to %s is %j", (code, challenge) => {
  expect(headersOf(new AppError(code, 'Cannot: "x"')).get("www-authenticate")).toBe(challenge);
});

test.each(['a"b\\c', "line\r\nSet-Cookie: x", "ä😀\u0000\u007f"])(
  "a message such as %j makes no odd header",
  (message) => {
    const challenge = headersOf(new AppError("token-invalid", message)).get("www-authenticate");

    expect(challenge).toMatch(
      /^Bearer realm="waybill", error="invalid_token", error_description="[\x20-\x21\x23-\x5b\x5d-\x7e]+"$/,
    );
  },
);

test("callers are told in whole seconds when to try again, and only where that helps", () => {
  const retryAfter = (code: ErrorCode) => headersOf(new AppError(code, "x")).get("retry-after");

  expect(retryAfter("issuer-unavailable")).toMatch(/^\d+$/);
  expect(retryAfter("request-invalid")).toBeNull();
});

test("an unforeseen failure tells the caller where the operator finds it, and nothing else", () => {
  const { status, body, headers } = unforeseenProblem(REQUEST_ID);

  expect(status).toBe(500);
  expect(headers).toMatchObject({ "Content-Type": "application/problem+json" });
  expect(JSON.parse(String(body))).toEqual({
    type: "urn:waybill:problem:unforeseen",
    title: "unforeseen",
    status: 500,
    detail: expect.stringContaining(REQUEST_ID),
    instance: `urn:uuid:${REQUEST_ID}`,
  });
});

test("a partner is told nothing of the inside, where the operator is told all", () => {
  const problems = [{ field: "entities[0].source.table", message: 'is not "plant.items"' }];
  const error = new AppError("source-invalid", 'Cannot read table "plant.items"', { problems });

  const [operator, partner] = (["operator", "partner"] as const).map((reader) =>
    String(problemOf(error, REQUEST_ID, reader).body),
  );

  expect(operator).toContain("plant.items");
  expect(partner).not.toContain("plant");
  expect(JSON.parse(partner ?? "")).toMatchObject({
    status: 400,
    detail: expect.stringContaining("ask the operator"),
  });
});
