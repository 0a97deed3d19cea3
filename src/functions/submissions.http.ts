import { app, type HttpResponseInit } from "@azure/functions";
import { usableDefinition } from "../domain/definitions/find-definition.ts";
import { AppError } from "../domain/errors.ts";
import { ConnectorId } from "../domain/ids.ts";
import { isCheck } from "../domain/imports/import-options.ts";
import type { Page } from "../domain/page.ts";
import type { Ports } from "../domain/ports.ts";
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
  type SubmissionAnswer,
  SubmissionCleanupRequest,
  type SubmissionDetail,
  SubmissionQuery,
  type SubmissionState,
} from "../domain/submissions/submission-api.ts";
import type { CleanupResponse } from "./deliveries-api.ts";
import { attachment } from "./http/content-disposition.ts";
import { pageBody, pageRequest } from "./http/page.ts";
import { type Call, parseRequest, type Routes, readJson } from "./http/route.ts";
import type { Sendable } from "./http/sendable.ts";
import { streamedBody } from "./http/streamed-body.ts";

/** Submissions that partners handed in, for operators. */
export function registerImports(ports: Ports, routes: Routes): void {
  const operator = (
    name: string,
    route: { method: "GET" | "POST"; path: string },
    handle: (call: Call) => Promise<HttpResponseInit>,
  ) =>
    app.http(name, {
      route: route.path,
      methods: [route.method],
      authLevel: "anonymous",
      handler: routes.operator(handle),
    });
  const one = "api/submissions/{id}";

  operator("imports-submissions", { method: "GET", path: "api/imports/{id}/submissions" }, (call) =>
    messagesOfImport(ports, call),
  );
  operator(
    "connectors-submissions",
    { method: "GET", path: "api/connectors/{id}/submissions" },
    (call) => messagesOfConnector(ports, call),
  );
  operator("submissions-get", { method: "GET", path: one }, (call) => get(ports, call));
  operator("submissions-error-file", { method: "GET", path: `${one}/error-file` }, (call) =>
    errorFile(ports, call),
  );
  operator("submissions-requeue", { method: "POST", path: `${one}/requeue` }, async (call) =>
    again(ports, await requeueSubmission(ports, idOf(call))),
  );
  operator("submissions-resend", { method: "POST", path: `${one}/resend` }, async (call) =>
    again(ports, await resendSubmission(ports, idOf(call))),
  );
  operator(
    "connectors-submissions-cleanup",
    { method: "POST", path: "api/connectors/{id}/submissions/cleanup" },
    (call) => cleanUp(ports, call),
  );
}

async function messagesOfImport(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { id } = await usableDefinition(ports, "imports", idOf(call));
  const page = await listSubmissionsOfImport(ports, id, {
    state: stateOf(call),
    ...pageRequest(call),
  });
  return listed(ports, page);
}

async function messagesOfConnector(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { id } = await usableDefinition(ports, "connectors", idOf(call));
  const page = await ports.submissions.list(
    ConnectorId.parse(id),
    stateOf(call),
    pageRequest(call),
  );
  return listed(ports, page);
}

async function listed(ports: Ports, page: Page<Submission>): Promise<HttpResponseInit> {
  const children = await findChildren(ports, page.items);
  return {
    status: 200,
    jsonBody: pageBody(page, (submission) => represent(submission, children)),
  };
}

/** One submission with the first of its errors. */
async function get(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const submission = await findSubmission(ports, idOf(call));
  const errors = await listExecutionErrors(ports, submission);
  const children = await findChildren(ports, [submission]);
  const answer: Sendable<SubmissionDetail> = {
    ...represent(submission, children),
    errorList: errors,
  };
  return { status: 200, jsonBody: answer };
}

async function again(ports: Ports, submission: Submission): Promise<HttpResponseInit> {
  return { status: 202, jsonBody: represent(submission, await findChildren(ports, [submission])) };
}

async function cleanUp(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { id, body } = await usableDefinition(ports, "connectors", idOf(call));
  if (body.direction !== "import") {
    throw new AppError(
      "connector-direction-wrong",
      `Cannot clean up what was handed in at connector "${id}": files are taken there; see /api/connectors/${id}/deliveries`,
    );
  }
  const request = parseRequest(SubmissionCleanupRequest, await readJson(call.request));
  const done = await cleanUpSubmissions(ports, {
    ...request,
    connectorId: ConnectorId.parse(id),
    after: request.after ?? null,
  });
  const answer: CleanupResponse = { dryRun: request.dryRun, ...done };
  return { status: 200, jsonBody: answer };
}

async function errorFile(ports: Ports, call: Call): Promise<HttpResponseInit> {
  const { entity } = parseRequest(ErrorFileQuery, Object.fromEntries(call.query));
  const submission = await findSubmission(ports, idOf(call));
  const { file, bytes, content } = await openErrorFileOf(ports, submission, entity);
  return {
    status: 200,
    headers: {
      "Content-Type": file.contentType,
      "Content-Length": String(bytes),
      "Content-Disposition": attachment(errorFileName(submission, file)),
      "Cache-Control": "no-store",
    },
    body: streamedBody(content, call.invocationId),
  };
}

function idOf(call: Call): string {
  return call.params.id ?? "";
}

function stateOf(call: Call): SubmissionState | null {
  return parseRequest(SubmissionQuery, Object.fromEntries(call.query)).state ?? null;
}

/** Without what is for us alone: where things are stored, and the book-keeping of attempts. */
function represent(
  submission: Submission,
  children: ReadonlyMap<string, readonly Submission[]>,
): Sendable<SubmissionAnswer> {
  const {
    written: _,
    revision: __,
    importVersion: ___,
    options: ____,
    retentionDays: ______,
    attemptId: _____,
    file,
    result,
    ...facts
  } = submission;
  return {
    ...facts,
    fileDeletedAt: submission.fileDeletedAt ?? null,
    children: (children.get(submission.id) ?? []).map(({ id, state }) => ({ id, state })),
    checkOnly: isCheck(submission),
    bytes: file.bytes,
    sha256: file.sha256,
    result: result === null ? null : representResult(submission.id, result),
  };
}

function representResult(
  id: string,
  { entities, errors, validateOnly }: NonNullable<Submission["result"]>,
): Sendable<SubmissionAnswer["result"]> {
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
