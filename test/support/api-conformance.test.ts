import { expect, test } from "vitest";
import { checkExchange } from "./api-conformance.ts";
import { findDoor } from "./api-document.ts";
import type { RecordedBody, RecordedExchange } from "./recorded-exchange.ts";

const GUID = "6d31e09f-0249-4f0a-9d6c-1f0e3c5b7a91";
const ACTIONS = "/data/DataManagementDefinitionGroups/Microsoft.Dynamics.DataEntities.";
const MESSAGE = {
  CorrelationId: GUID,
  PopReceipt: "r",
  DownloadLocation: "https://waybill.example/api/connector/download/x",
  IsDownLoadFileExist: true,
  FileDownLoadErrorMessage: null,
  LastDequeueDateTime: null,
  FileName: "a.csv",
  ContentType: "text/csv",
  ContentEncoding: null,
  Size: 1,
  Sha256: "00",
  FileType: "A.B",
  Sequence: 1,
  PreviousSequence: null,
  Records: 1,
};

function bodyOf(body: unknown): RecordedBody {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const content = Buffer.from(body === null ? "" : text);
  return { bytes: content.length, isWhole: true, content: content.toString("base64") };
}

/** The answer to a dequeue, with something else about it. */
function answered(status: number, body: unknown, other: Partial<RecordedExchange> = {}) {
  return {
    method: "GET",
    target: `/api/connector/dequeue/${GUID}?max=3`,
    request: bodyOf(null),
    status,
    headers: body === null ? {} : { "content-type": "application/json; charset=utf-8" },
    answer: bodyOf(body),
    ...other,
  };
}

/** A request that succeeded. */
function sent(method: string, target: string, body: unknown): RecordedExchange {
  const isAction = target.startsWith(ACTIONS);
  return {
    ...answered(200, isAction ? { "@odata.context": "c", value: "" } : null),
    ...{ method, target, request: bodyOf(body) },
    headers: isAction
      ? { "content-type": "application/json; charset=utf-8", "odata-version": "4.0" }
      : {},
  };
}

test.each([
  ["GET", `/api/connector/dequeue/${GUID}`, "connector-dequeue"],
  ["GET", `/en-us/API/Connector/Dequeue/%7B${GUID}%7D`, "connector-dequeue"],
  ["GET", `/namespaces/AXSF/api/connector/dequeue/${GUID}`, "connector-dequeue"],
  ["HEAD", `/api/connector/download/${GUID}`, "connector-download-head"],
  ["POST", `/api/connectors/${GUID}/deliveries/cleanup`, "deliveries-cleanup"],
  ["PUT", "/api/definitions/exports/a-b", "definitions-put-exports"],
  ["POST", `${ACTIONS}exporttopackage`, "package-api-ExportToPackage"],
  ["GET", "/", "home"],
  ["DELETE", `/api/connector/dequeue/${GUID}`, undefined],
  ["GET", "/en/api/definitions/exports", undefined],
])("%s %s is %s", (method, pathname, id) => {
  expect(findDoor(method, pathname)?.id).toBe(id);
});

test("an answer that is as described passes", () => {
  checkExchange(answered(200, MESSAGE));
  checkExchange(answered(200, { value: [MESSAGE] }));
  checkExchange(answered(204, null));
  checkExchange(answered(204, null, { headers: { "preference-applied": "wait=3" } }));
});

test.each([
  {
    status: 200,
    body: { ...MESSAGE, PopReceipt: undefined },
    told: "must have required property 'PopReceipt'",
  },
  { status: 200, body: { ...MESSAGE, Size: "1" }, told: "body/Size must be integer" },
  { status: 200, body: { ...MESSAGE, MessageStatus: 1 }, told: "additional properties" },
  { status: 200, body: "{", told: "with a body that cannot be compared" },
  { status: 418, body: {}, told: "a status that is not described" },
  { status: 500, body: null, told: 'as "", which is not described' },
  { status: 204, body: {}, told: "with a body that is not described" },
  { status: 404, body: { error: "no" }, told: 'as "application/json", which is not' },
])("an answer that deviates is told: $told", ({ status, body, told }) => {
  expect(() => checkExchange(answered(status, body))).toThrow(told);
});

test("headers that are promised are there, and no others", () => {
  const refused = { "content-type": "application/problem+json; charset=utf-8" };

  expect(() => checkExchange(answered(401, {}, { headers: refused }))).toThrow(
    'without the header "www-authenticate"',
  );
  expect(() => checkExchange(answered(204, null, { headers: { "x-powered-by": "us" } }))).toThrow(
    'with the header "x-powered-by", which is not described',
  );
});

test("a body that was cut is not compared, and its head is", () => {
  const cut = { answer: { bytes: 3, isWhole: false, content: null } };

  checkExchange(answered(200, MESSAGE, cut));
  expect(() => checkExchange(answered(202, MESSAGE, cut))).toThrow(
    "a status that is not described",
  );
});

test.each([
  ["application/json", "{}"],
  ["application/problem+json; x=y", "{}"],
  ["text/csv; header=present", "id"],
])("a text as %s does not say what it is in", (contentType, body) => {
  const exchange = answered(200, body, { headers: { "content-type": contentType } });

  expect(() => checkExchange(exchange)).toThrow("does not say what its text is in");
});

test("a text that says UTF-8 and is none is told", () => {
  const content = Buffer.from("Größe", "latin1");
  const answer = { bytes: content.length, isWhole: true, content: content.toString("base64") };

  expect(() => checkExchange(answered(200, {}, { answer }))).toThrow("does not say");
});

test("what is not described may only be refused, in the shape that refusals have", () => {
  const target = { target: "/api/nowhere" };
  const problem = { headers: { "content-type": "application/problem+json; charset=utf-8" } };

  expect(() => checkExchange(answered(200, {}, target))).toThrow("and not described");
  expect(() => checkExchange(answered(404, {}, { ...target, ...problem }))).toThrow(
    "against its schema",
  );
});

test("the platform refuses without a word; the app does not", () => {
  const headers = { "content-length": "0" };
  const ofApp = { headers: { ...headers, "x-ms-invocation-id": GUID } };

  checkExchange(answered(404, null, { target: "/api/nowhere", headers }));
  checkExchange(answered(431, null, { headers }));
  // bodies over the limit are refused by the app
  expect(() => checkExchange(answered(413, null, { headers }))).toThrow(
    "a status that is not described",
  );
  checkExchange(answered(200, [], { target: "/admin/functions" }));
  expect(() => checkExchange(answered(500, null, { headers }))).toThrow("which is not described");
  expect(() => checkExchange(answered(431, null, ofApp))).toThrow("a status that is not described");
});

test.each([
  ["as described", MESSAGE],
  ["bare id", GUID],
  ["bare id in quotes", `"${GUID}"`],
  ["single quotes", `{'CorrelationId': '${GUID}', 'PopReceipt': null}`],
  ["names in any case", { correlationid: GUID, POPRECEIPT: "r" }],
  ["names and quotes", `{'correlationId': '"${GUID}"'}`],
])("a request that succeeds is compared, but for what is tolerated: %s", (_, body) => {
  checkExchange(sent("POST", `/api/connector/ack/${GUID}`, body));
});

test.each([
  ["POST", `/api/connector/ack/${GUID}`, { Id: GUID }],
  ["POST", `/api/connector/ack/${GUID}`, { CorrelationId: 5 }],
  ["POST", `${ACTIONS}ExportToPackage`, { packageName: { a: 1 } }],
])("%s %s succeeding with %j is told", (method, target, body) => {
  expect(() => checkExchange(sent(method, target, body))).toThrow(
    "though its request deviates from its schema",
  );
});

test("members of the package API may have an underscore, and no other", () => {
  checkExchange(sent("POST", `${ACTIONS}GetExportedPackageUrl`, { _ExecutionId: "a" }));
  checkExchange(sent("POST", `${ACTIONS}GetExportedPackageUrl`, null));
});
