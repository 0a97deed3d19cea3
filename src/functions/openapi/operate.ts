import { z } from "zod";
import { ConnectorId, DefinitionId, FileType, Guid } from "../../domain/ids.ts";
import { CleanupRequest, CleanupResponse, DeliveriesQuery } from "../deliveries-api.ts";
import {
  DeliveryAnswer,
  LedgerEntryAnswer,
  PageQuery,
  pageOf,
  RunAnswer,
  RunNowRequest,
  SlotAnswer,
} from "../operator-api.ts";
import { jsonContent, OPERATOR_PROBLEMS, type Operation, problems } from "./operation.ts";

const exportCall = {
  tag: "Exports",
  caller: "operator",
  pathParameters: { id: DefinitionId },
} as const;
const deliveryCall = {
  tag: "Connectors",
  caller: "operator",
  pathParameters: { connectorId: ConnectorId, deliveryId: Guid.describe("Id of the delivery.") },
} as const;
const connectorCall = { ...deliveryCall, pathParameters: { connectorId: ConnectorId } } as const;

const OF_EXPORT = {
  ...OPERATOR_PROBLEMS,
  400: "The request cannot be read.",
  404: "There is no such export.",
} as const;
const OF_CONNECTOR = {
  ...OPERATOR_PROBLEMS,
  400: "The request cannot be read, or the connector is one at which files are handed in.",
  404: "There is no such connector.",
} as const;
const OF_DELIVERY = {
  ...OF_CONNECTOR,
  404: "There is no such connector, or no such delivery at it.",
} as const;

const DELIVERIES = "/api/connectors/{connectorId}/deliveries";

/** Runs, slots, the ledger, and what waits at connectors. */
export const OPERATE: readonly Operation[] = [
  {
    ...exportCall,
    id: "exports-run-now",
    method: "post",
    path: "/api/exports/{id}/runs",
    summary: "Run an export now",
    description: "It waits for a run of the same export that is going on.",
    request: { isRequired: false, content: jsonContent(RunNowRequest) },
    answers: {
      202: { description: "The run, as it waits.", content: jsonContent(RunAnswer) },
      ...problems({ ...OF_EXPORT, 413: "The body is too large." }),
    },
  },
  {
    ...exportCall,
    id: "exports-runs",
    method: "get",
    path: "/api/exports/{id}/runs",
    summary: "List the runs of an export",
    description: "Those that wait and those that go on are among them.",
    query: PageQuery,
    answers: {
      200: { description: "Newest first.", content: jsonContent(pageOf(RunAnswer)) },
      ...problems(OF_EXPORT),
    },
  },
  {
    ...exportCall,
    id: "exports-slots",
    method: "get",
    path: "/api/exports/{id}/slots",
    summary: "List every due instant and what became of it",
    description: "Also of instants at which nothing ran, and why.",
    query: PageQuery,
    answers: {
      200: { description: "Latest first.", content: jsonContent(pageOf(SlotAnswer)) },
      ...problems(OF_EXPORT),
    },
  },
  {
    id: "ledger-list",
    tag: "Ledger",
    caller: "operator",
    method: "get",
    path: "/api/ledger/{fileType}",
    summary: "List every published file of a file type",
    description: "Numbered without gaps. Entries stay when their files are deleted.",
    pathParameters: { fileType: FileType },
    query: PageQuery,
    answers: {
      200: { description: "In order.", content: jsonContent(pageOf(LedgerEntryAnswer)) },
      ...problems({ ...OPERATOR_PROBLEMS, 400: "The file type or the query cannot be read." }),
    },
  },
  {
    ...connectorCall,
    id: "deliveries-list",
    method: "get",
    path: DELIVERIES,
    summary: "List the files of a connector, taken or not",
    description: "Conditions may be combined; without any, all that are known are listed.",
    query: DeliveriesQuery.extend(PageQuery.shape),
    answers: {
      200: {
        description: "Those whose files were published last come first.",
        content: jsonContent(pageOf(DeliveryAnswer)),
      },
      ...problems(OF_CONNECTOR),
    },
  },
  {
    ...deliveryCall,
    id: "deliveries-get",
    method: "get",
    path: `${DELIVERIES}/{deliveryId}`,
    summary: "Read one file's state at a connector",
    description: "As the list has it.",
    answers: {
      200: { description: "The delivery.", content: jsonContent(DeliveryAnswer) },
      ...problems(OF_DELIVERY),
    },
  },
  {
    ...deliveryCall,
    id: "deliveries-requeue",
    method: "post",
    path: `${DELIVERIES}/{deliveryId}/requeue`,
    summary: "Send a file back to the queue, whatever became of it",
    description: "It is handed out again as if it had just come; a lease that goes on ends.",
    answers: {
      200: { description: "The delivery as it is now.", content: jsonContent(DeliveryAnswer) },
      ...problems({ ...OF_DELIVERY, 409: "Somebody else changed it at the same time." }),
    },
  },
  {
    ...connectorCall,
    id: "deliveries-cleanup",
    method: "post",
    path: `${DELIVERIES}/cleanup`,
    summary: "Delete deliveries that nobody is owed any more",
    description: "Only counts, unless `dryRun` is false. A call takes up to 200; `next` goes on.",
    request: { isRequired: true, content: jsonContent(CleanupRequest) },
    answers: {
      200: { description: "What was done.", content: jsonContent(CleanupResponse) },
      ...problems({ ...OF_CONNECTOR, 413: "The body is too large." }),
    },
  },
  {
    id: "home",
    tag: "About",
    caller: "anyone",
    method: "get",
    path: "/",
    route: "/{ignored:maxlength(0)?}",
    summary: "Is anybody there?",
    description: "For the checks of existing clients and of monitoring; needs no token.",
    answers: {
      200: {
        description: "Yes.",
        content: jsonContent(z.object({ name: z.literal("waybill").describe("Who is there.") })),
      },
      ...problems({
        500: "Something unforeseen happened.",
        503: "A setting of the app is wrong; the operator finds it in the log.",
      }),
    },
  },
  {
    id: "api-openapi",
    tag: "About",
    caller: "anyone",
    method: "get",
    path: "/api/openapi.json",
    summary: "This document",
    description: "Of OpenAPI 3.1; needs no token.",
    headers: { "If-None-Match": "Entity tags; 304 if the document has one of them." },
    answers: {
      200: {
        description: "The document.",
        content: jsonContent(
          z.looseObject({ openapi: z.string().describe("Version of OpenAPI.") }),
        ),
        headers: { ETag: "Version of the document." },
      },
      304: {
        description: "It is still the version that `If-None-Match` names.",
        headers: { ETag: "Version of the document." },
      },
      ...problems({
        500: "Something unforeseen happened.",
        503: "A setting of the app is wrong; the operator finds it in the log.",
      }),
    },
  },
];
