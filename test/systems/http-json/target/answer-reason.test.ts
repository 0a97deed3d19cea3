import { expect, test } from "vitest";
import { answerReason } from "../../../../src/systems/http-json/target/answer-reason.ts";

const D365 = {
  error: {
    code: "",
    message: "An error has occurred.",
    innererror: {
      message:
        "Write failed for table row of type 'CustGroup'. Infolog: Error: Group 7 is blocked.",
      type: "System.InvalidOperationException",
      stacktrace: "   at Microsoft.Dynamics.Ax",
      internalexception: { message: "Group 7 is blocked for USMF.", stacktrace: "at X" },
    },
  },
};

test.each<[string, unknown, string | null]>([
  [
    "Dynamics 365",
    D365,
    "An error has occurred.; Write failed for table row of type 'CustGroup'. Infolog: Error: Group 7 is blocked.; Group 7 is blocked for USMF.",
  ],
  [
    "OData with details",
    {
      error: { message: "Bad", details: [{ code: "1", message: "no name" }, { message: "no id" }] },
    },
    "Bad; no name; no id",
  ],
  [
    "problem details",
    { title: "Invalid", detail: "no stock", errors: [{ detail: "row 1" }] },
    "no stock; row 1",
  ],
  [
    "ASP.NET validation",
    {
      title: "One or more validation errors occurred.",
      errors: { Price: ["must be positive"], Name: ["is missing", "is odd"] },
    },
    "Price: must be positive; Name: is missing; Name: is odd",
  ],
  [
    "Web API",
    {
      Message: "An error has occurred.",
      ExceptionMessage: "Key twice",
      ExceptionType: "X",
      StackTrace: "at Y",
    },
    "An error has occurred.; Key twice",
  ],
  [
    "Web API model",
    { Message: "Invalid.", ModelState: { "item.price": ["too low"] } },
    "Invalid.; item.price: too low",
  ],
  [
    "inner exceptions",
    { Message: "a", InnerException: { Message: "b", InnerException: { ExceptionMessage: "c" } } },
    "a; b; c",
  ],
  [
    "JSON:API",
    { errors: [{ title: "Bad", detail: "not so" }, { title: "Only a title" }] },
    "not so; Only a title",
  ],
  [
    "SAP",
    {
      error: {
        message: { lang: "en", value: "Order is blocked" },
        innererror: { errordetails: [{ code: "V1/042", message: "Customer 7 is locked" }] },
      },
    },
    "Order is blocked; Customer 7 is locked",
  ],
  [
    "Google",
    {
      error: {
        message: "Invalid",
        details: [{ fieldViolations: [{ field: "price", description: "price is below 0" }] }],
      },
    },
    "Invalid; price is below 0",
  ],
  [
    "NetSuite",
    { title: "Bad Request", "o:errorDetails": [{ detail: "no such item" }] },
    "no such item",
  ],
  [
    "Odoo",
    { error: { message: "Server Error", data: { message: "twice" } } },
    "Server Error; twice",
  ],
  ["validation errors", { validationErrors: { Price: ["too low"] } }, "Price: too low"],
  ["a gateway", { fault: { faultstring: "no quota left" } }, "no quota left"],
  ["a description alone", { description: "no" }, "no"],
  ["texts", { errors: ["one", "two"] }, "one; two"],
  ["Shopify", { errors: { sku: "is taken" } }, "sku: is taken"],
  ["one text", { errors: "is taken" }, "is taken"],
  ["OAuth", { error: "invalid_grant", error_description: "expired" }, "expired"],
  ["an error that is a text", { error: "no such item" }, "no such item"],
  ["a title alone", { title: "Conflict" }, "Conflict"],
  ["a text", "plain", "plain"],
  ["the same twice", { message: "no", detail: "no", errors: ["no"] }, "no"],
  ["control characters", { message: "a\r\n\tb" }, "a b"],
  ["nothing", { code: 5, stack: "at X" }, null],
  ["null", null, null],
])("reads what %s says", (_, document, reason) => {
  expect(answerReason(document)).toBe(reason);
});

test("reads no more than a few faults, and not for ever inwards", () => {
  const deep = Array.from({ length: 50 }).reduce<object>((inner) => ({ innererror: inner }), {
    message: "end",
  });

  expect(answerReason(deep)).toBeNull();
  expect(
    answerReason({ errors: Array.from({ length: 1_000 }, (_, n) => `fault ${n}`) }),
  ).toHaveLength("fault 0; ".length * 6 - 2);
});
