import { z } from "zod";
import {
  AckRequest,
  DequeueManyResponse,
  DequeueQuery,
  DequeueResponse,
  LeaseRequest,
  PeekQuery,
  PeekResponse,
  RejectRequest,
  ReleaseRequest,
  RenewResponse,
} from "../../d365/connector-api.ts";
import { ConnectorId, Guid } from "../../domain/ids.ts";
import {
  CONNECTOR_PROBLEMS,
  jsonContent,
  type Operation,
  PREFIXES,
  problems,
} from "./operation.ts";

const CALL = {
  tag: "Pull",
  caller: "application",
  pathParameters: { activityId: ConnectorId },
} as const;

const LEASE_PROBLEMS = {
  ...CONNECTOR_PROBLEMS,
  404: "There is no such connector, it is another application's, or there is no such message at it.",
  409: "The message is not leased, or by somebody else meanwhile; or its file was not fetched, where the connector asks for that.",
} as const;

const VERSION_HEADERS = {
  ETag: "Strong: the same tag means the same bytes.",
  "Repr-Digest": "SHA-256 of the whole file, also where a part is sent (RFC 9530).",
  "Accept-Ranges": "`bytes`.",
} as const;

const FILE_HEADERS = {
  ...VERSION_HEADERS,
  "Content-Length": "Bytes of the body.",
  "Content-Disposition": "What to call the file (RFC 6266).",
} as const;

const CONTENT_RANGE = "Which bytes of how many, e.g. `bytes 0-99/1234`.";

const DOWNLOAD = {
  ...CALL,
  path: "/api/connector/download/{activityId}",
  description: `Byte for byte what was published, never with a Content-Encoding. ${PREFIXES}`,
  query: z.object({
    "correlation-id": Guid.describe("Id of the message."),
    blob: z.string().optional().describe("Id of the file; 404 when the message brings another."),
  }),
} as const;

const APPLIED = {
  "Preference-Applied":
    "`wait=20`, when the preference was heeded; without it the answer came at once.",
} as const;

const CONDITIONS = {
  "If-Match": "Entity tags; 412 unless the file has one of them.",
  "If-None-Match": "Entity tags; 304 if the file has one of them.",
} as const;

const UNCHANGED = {
  304: { description: "The file is the one that `If-None-Match` names.", headers: VERSION_HEADERS },
  412: { description: "The file is not the one that `If-Match` names.", headers: VERSION_HEADERS },
} as const;

const DOWNLOAD_REFUSALS = {
  ...CONNECTOR_PROBLEMS,
  404: "There is no such connector, it is another application's, there is no such message at it, or its file is deleted.",
} as const;

/** Without `HEAD`, which has no bodies. */
const withoutBodies = (answers: ReturnType<typeof problems>) =>
  Object.fromEntries(
    Object.entries(answers).map(([status, { content: _, ...answer }]) => [status, answer]),
  );

const lease = (
  verb: string,
  rest: Pick<Operation, "summary" | "description" | "request" | "answers">,
) =>
  ({
    ...CALL,
    id: `connector-${verb}`,
    method: "post",
    path: `/api/connector/${verb}/{activityId}`,
    ...rest,
    description: `${rest.description} ${PREFIXES}`,
  }) as const satisfies Operation;

const DONE = { description: "Done; repeating it changes nothing." } as const;

/** The side of the connector API at which partners take their files. */
export const PULL: readonly Operation[] = [
  {
    ...CALL,
    id: "connector-dequeue",
    method: "get",
    path: "/api/connector/dequeue/{activityId}",
    summary: "Lease the next file",
    description: `Hidden from the next dequeue until it is acknowledged or its lease ends. Without \`max\` the answer is one message. Unknown query parameters are ignored. ${PREFIXES}`,
    query: DequeueQuery,
    headers: {
      Prefer: "`wait=20` waits up to so many seconds (30 at most) for a file to come (RFC 7240).",
    },
    answers: {
      200: {
        description: "One message; with `max` a list of them.",
        content: jsonContent(z.union([DequeueResponse, DequeueManyResponse])),
        optionalHeaders: APPLIED,
      },
      204: { description: "Nothing waits.", optionalHeaders: APPLIED },
      ...problems(CONNECTOR_PROBLEMS),
    },
  },
  {
    ...DOWNLOAD,
    id: "connector-download",
    method: "get",
    summary: "Fetch a file",
    headers: {
      ...CONDITIONS,
      Range: "`bytes=1000-`, one range; of several the whole file is the answer.",
      "If-Range": "An entity tag; the whole file is sent unless the file has it.",
    },
    answers: {
      200: { description: "The file.", content: { "*/*": null }, headers: FILE_HEADERS },
      206: {
        description: "The part.",
        content: { "*/*": null },
        headers: { ...FILE_HEADERS, "Content-Range": CONTENT_RANGE },
      },
      ...UNCHANGED,
      416: {
        description: "The range lies behind the end of the file.",
        headers: { ...VERSION_HEADERS, "Content-Range": "Of how many bytes: `bytes */1234`." },
      },
      ...problems(DOWNLOAD_REFUSALS),
    },
  },
  {
    ...DOWNLOAD,
    id: "connector-download-head",
    method: "head",
    summary: "Learn about a file without fetching it",
    headers: CONDITIONS,
    answers: {
      200: { description: "There is such a file.", headers: FILE_HEADERS },
      ...UNCHANGED,
      ...withoutBodies(problems(DOWNLOAD_REFUSALS)),
    },
  },
  lease("ack", {
    summary: "End a lease for good: the file has arrived",
    description:
      "The body is the dequeue answer, or any part of it that has the `CorrelationId`; it may also be the bare id. Member names in any case, strings in single quotes or wrapped in quotes once more are read too. Acknowledging twice is fine, and late too, as long as nobody else got the file meanwhile.",
    request: { isRequired: true, content: jsonContent(AckRequest) },
    answers: {
      200: { description: "Acknowledged." },
      ...problems({ ...LEASE_PROBLEMS, 413: "The body is too large." }),
    },
  }),
  lease("renew", {
    summary: "Make a lease end later",
    description: "The receipt stays the same.",
    request: { isRequired: true, content: jsonContent(LeaseRequest) },
    answers: {
      200: { description: "The new end of the lease.", content: jsonContent(RenewResponse) },
      ...problems({ ...LEASE_PROBLEMS, 413: "The body is too large." }),
    },
  }),
  lease("release", {
    summary: "Give a file back",
    description: "It is handed out again, after a while if one is given.",
    request: { isRequired: true, content: jsonContent(ReleaseRequest) },
    answers: { 200: DONE, ...problems({ ...LEASE_PROBLEMS, 413: "The body is too large." }) },
  }),
  lease("reject", {
    summary: "Set a file aside",
    description: "It is not handed out again until an operator sends it back.",
    request: { isRequired: true, content: jsonContent(RejectRequest) },
    answers: { 200: DONE, ...problems({ ...LEASE_PROBLEMS, 413: "The body is too large." }) },
  }),
  {
    ...CALL,
    id: "connector-peek",
    method: "get",
    path: "/api/connector/peek/{activityId}",
    summary: "Look at what waits, without a lease",
    description: `In the order in which dequeues would hand it out. ${PREFIXES}`,
    query: PeekQuery,
    answers: {
      200: { description: "What waits.", content: jsonContent(PeekResponse) },
      ...problems(CONNECTOR_PROBLEMS),
    },
  },
];
