import { z } from "zod";
import { usableDefinition } from "../domain/definitions/find-definition.ts";
import { AppError } from "../domain/errors.ts";
import { ConnectorId, DefinitionId } from "../domain/ids.ts";
import { isCheck } from "../domain/imports/import-options.ts";
import type { Page } from "../domain/page.ts";
import { cleanUpSubmissions } from "../domain/submissions/clean-up-submissions.ts";
import { findChildren } from "../domain/submissions/find-children.ts";
import {
  errorFileName,
  findSubmission,
  listExecutionErrors,
  openErrorFileOf,
} from "../domain/submissions/find-submission.ts";
import { listSubmissionsOfImport } from "../domain/submissions/list-submissions.ts";
import { requeueSubmission, resendSubmission } from "../domain/submissions/requeue-submission.ts";
import type { Submission } from "../domain/submissions/submission.ts";
import {
  ErrorFileQuery,
  SubmissionAnswer,
  SubmissionCleanupRequest,
  SubmissionDetail,
  SubmissionQuery,
} from "../domain/submissions/submission-api.ts";
import { CleanupResponse } from "./cleanup-answer.ts";
import { jsonBody } from "./http/body.ts";
import { attachment } from "./http/content-disposition.ts";
import { type DoorPorts, door } from "./http/door.ts";
import { PageQuery, pageOf, pageRequest } from "./http/page.ts";
import { streamedBody } from "./http/streamed-body.ts";

const ABOUT = {
  tag: { name: "Imports", description: "Submissions: files that partners sent." },
  caller: "operator",
} as const;

const LIST = {
  ...ABOUT,
  method: "get",
  description: "Newest first.",
  query: SubmissionQuery.extend(PageQuery.shape),
  answers: { 200: { description: "Submissions.", json: pageOf(SubmissionAnswer) } },
} as const;

const OF_IMPORT = { 400: "The query cannot be read.", 404: "There is no such import." } as const;
const OF_CONNECTOR = {
  400: "The query cannot be read.",
  404: "There is no such connector.",
} as const;

const ONE = {
  ...ABOUT,
  params: { id: z.string().describe("Id of the submission, or any execution id of it.") },
  refusals: { 404: "There is no such submission." },
} as const;

const AGAIN = {
  ...ONE,
  method: "post",
  answers: { 202: { description: "The submission as it waits.", json: SubmissionAnswer } },
  refusals: { ...ONE.refusals, 409: "It is not in a state for that." },
} as const;

/** Files that partners sent, for operators. */
export const SUBMISSION_DOORS = [
  door({
    ...LIST,
    id: "imports-submissions",
    path: "/api/imports/{id}/submissions",
    summary: "List the submissions of an import",
    params: { id: DefinitionId },
    refusals: OF_IMPORT,
    subject: (ports, { params }) => usableDefinition(ports, "imports", params.id),
    handle: async (ports, { subject: { id }, query }) => {
      const state = query.state ?? null;
      const page = await listSubmissionsOfImport(ports, id, { state, ...pageRequest(query) });
      return { status: 200, json: await represented(ports, page) };
    },
  }),
  door({
    ...LIST,
    id: "connectors-submissions",
    path: "/api/connectors/{id}/submissions",
    summary: "List the submissions that a connector has received",
    params: { id: ConnectorId },
    refusals: OF_CONNECTOR,
    subject: (ports, { params }) => usableDefinition(ports, "connectors", params.id),
    handle: async (ports, { subject, query }) => {
      const connectorId = ConnectorId.parse(subject.id);
      const page = await ports.submissions.list(
        connectorId,
        query.state ?? null,
        pageRequest(query),
      );
      return { status: 200, json: await represented(ports, page) };
    },
  }),
  door({
    ...ONE,
    id: "submissions-get",
    method: "get",
    path: "/api/submissions/{id}",
    summary: "Read a submission with the first of its errors",
    description: "By any id that the partner or the operator knows it by.",
    answers: { 200: { description: "The submission.", json: SubmissionDetail } },
    handle: async (ports, { params }) => {
      const submission = await findSubmission(ports, params.id);
      const errorList = await listExecutionErrors(ports, submission);
      return { status: 200, json: { ...(await representOne(ports, submission)), errorList } };
    },
  }),
  door({
    ...ONE,
    id: "submissions-error-file",
    method: "get",
    path: "/api/submissions/{id}/error-file",
    summary: "Fetch the bad rows of one entity, with the reason behind each",
    description: "In the format in which they were sent: mended, it can be sent again.",
    query: ErrorFileQuery,
    answers: {
      200: {
        description: "The file.",
        bytes: true,
        headers: {
          "Content-Length": "Bytes of the body.",
          "Content-Disposition": "The file name (RFC 6266).",
        },
      },
    },
    refusals: {
      400: "The query cannot be read.",
      404: "There is no such submission, or no error file of that entity.",
      410: "The error file is no longer kept.",
    },
    handle: async (ports, { params, query, invocationId }) => {
      const submission = await findSubmission(ports, params.id);
      const { file, bytes, content } = await openErrorFileOf(ports, submission, query.entity);
      return {
        status: 200,
        headers: {
          "Content-Type": file.contentType,
          "Content-Length": String(bytes),
          "Content-Disposition": attachment(errorFileName(submission, file)),
          "Cache-Control": "no-store",
        },
        body: streamedBody(content, invocationId),
      };
    },
  }),
  door({
    ...AGAIN,
    id: "submissions-requeue",
    path: "/api/submissions/{id}/requeue",
    summary: "Process a submission once more, as a new execution",
    description: "Processes a failed submission again, with the current definition of the import.",
    refusals: { ...AGAIN.refusals, 410: "Its file is no longer kept." },
    handle: async (ports, { params }) => {
      const submission = await requeueSubmission(ports, params.id);
      return { status: 202, json: await representOne(ports, submission) };
    },
  }),
  door({
    ...AGAIN,
    id: "submissions-resend",
    path: "/api/submissions/{id}/resend",
    summary: "Send the run that a submission is owed once more",
    description:
      "Starts a submission that waits or seems to hang at once, before its time has come.",
    handle: async (ports, { params }) => {
      const submission = await resendSubmission(ports, params.id);
      return { status: 202, json: await representOne(ports, submission) };
    },
  }),
  door({
    ...ABOUT,
    id: "connectors-submissions-cleanup",
    method: "post",
    path: "/api/connectors/{id}/submissions/cleanup",
    summary: "Delete what is known of submissions that ended long ago",
    description:
      "Those whose files are deleted already; their ids are unknown from then on. Only counts, unless `dryRun` is false. A call looks at up to 200 submissions; `next` goes on.",
    params: { id: ConnectorId },
    body: jsonBody(SubmissionCleanupRequest),
    answers: { 200: { description: "The number of deleted submissions.", json: CleanupResponse } },
    refusals: {
      400: "The request cannot be read, or the connector is one at which files are taken.",
      404: "There is no such connector.",
    },
    subject: (ports, { params }) => importConnector(ports, params.id),
    handle: async (ports, { subject, body }) => {
      const done = await cleanUpSubmissions(ports, {
        ...body,
        connectorId: ConnectorId.parse(subject.id),
        after: body.after ?? null,
      });
      return { status: 200, json: { dryRun: body.dryRun, ...done } };
    },
  }),
];

async function importConnector(ports: DoorPorts, wanted: string): Promise<{ id: string }> {
  const { id, body } = await usableDefinition(ports, "connectors", wanted);
  if (body.direction !== "import") {
    throw new AppError(
      "connector-direction-wrong",
      `Cannot clean up submissions of connector "${id}": partners take files there; see /api/connectors/${id}/deliveries`,
    );
  }
  return { id };
}

async function represented(ports: DoorPorts, { items, next }: Page<Submission>) {
  const children = await findChildren(ports, items);
  return { items: items.map((submission) => represent(submission, children)), next };
}

async function representOne(ports: DoorPorts, submission: Submission) {
  return represent(submission, await findChildren(ports, [submission]));
}

/** With what belongs to a submission and is not kept in it. */
function represent(submission: Submission, children: ReadonlyMap<string, readonly Submission[]>) {
  const { file, result, fileDeletedAt } = submission;
  return {
    ...submission,
    fileDeletedAt: fileDeletedAt ?? null,
    children: children.get(submission.id) ?? [],
    checkOnly: isCheck(submission),
    bytes: file.bytes,
    sha256: file.sha256,
    result: result === null ? null : representResult(submission.id, result),
  };
}

function representResult(
  id: string,
  { entities, errors, validateOnly }: NonNullable<Submission["result"]>,
) {
  return {
    validateOnly,
    errors,
    entities: entities.map(({ errorFile: file, ...entity }) => ({
      ...entity,
      // results of earlier versions have none
      matchedLoosely: entity.matchedLoosely ?? [],
      errorFile:
        file === null
          ? null
          : {
              rows: file.rows,
              contentType: file.contentType,
              path: `/api/submissions/${id}/error-file?entity=${encodeURIComponent(entity.name)}`,
            },
    })),
  };
}
