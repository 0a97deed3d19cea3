import { expect, test } from "vitest";
import { checkAnswer, findOperation } from "./api-conformance.ts";

const GUID = "6d31e09f-0249-4f0a-9d6c-1f0e3c5b7a91";
const DEQUEUE = { method: "GET", pathname: `/api/connector/dequeue/${GUID}` };
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
  Records: 1,
};

function received(status: number, body: unknown, type: string | null = "application/json") {
  return { status, type, bytes: Buffer.from(body === null ? "" : JSON.stringify(body)) };
}

test.each([
  ["GET", `/api/connector/dequeue/${GUID}`, "connector-dequeue"],
  ["GET", `/en-us/API/Connector/Dequeue/%7B${GUID}%7D`, "connector-dequeue"],
  ["GET", `/namespaces/AXSF/api/connector/dequeue/${GUID}`, "connector-dequeue"],
  ["HEAD", `/api/connector/download/${GUID}`, "connector-download-head"],
  ["POST", `/api/connectors/${GUID}/messages/cleanup`, "messages-cleanup"],
  ["PUT", "/api/definitions/exports/a-b", "definitions-put-exports"],
  [
    "POST",
    "/data/DataManagementDefinitionGroups/Microsoft.Dynamics.DataEntities.exporttopackage",
    "package-api-ExportToPackage",
  ],
  ["GET", "/", "home"],
  ["DELETE", `/api/connector/dequeue/${GUID}`, undefined],
  ["GET", "/en/api/definitions/exports", undefined],
])("%s %s is %s", (method, pathname, id) => {
  expect(findOperation(method, pathname)?.id).toBe(id);
});

test("an answer that is as described passes", () => {
  checkAnswer(DEQUEUE, received(200, MESSAGE, "application/json; charset=utf-8"));
  checkAnswer(DEQUEUE, received(200, { value: [MESSAGE] }));
  checkAnswer(DEQUEUE, received(204, null, null));
  checkAnswer({ method: "GET", pathname: "/nowhere" }, received(404, null, null));
});

test.each([
  {
    status: 200,
    body: { ...MESSAGE, PopReceipt: undefined },
    told: "must have required property 'PopReceipt'",
  },
  { status: 200, body: { ...MESSAGE, Size: "1" }, told: "body/Size must be integer" },
  { status: 200, body: { ...MESSAGE, MessageStatus: 1 }, told: "additional properties" },
  { status: 418, body: {}, told: "a status that is not described" },
  { status: 204, body: {}, told: "with a body that is not described" },
  { status: 404, body: { error: "no" }, told: 'as "application/json", which is not' },
])("an answer that deviates is told: $told", ({ status, body, told }) => {
  expect(() => checkAnswer(DEQUEUE, received(status, body))).toThrow(told);
});

test("what is not described may only be refused, with problem details", () => {
  const nowhere = { method: "GET", pathname: "/api/nowhere" };

  expect(() => checkAnswer(nowhere, received(200, {}))).toThrow("and not described");
  expect(() => checkAnswer(nowhere, received(404, {}, "application/problem+json"))).toThrow(
    "against its schema",
  );
});
