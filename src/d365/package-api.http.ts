import { z } from "zod";
import { requireKnownApplication } from "../domain/definitions/require-known-application.ts";
import { AppError } from "../domain/errors.ts";
import { addLogFacts } from "../domain/log-facts.ts";
import { errorFileOf, errorFileUrl } from "../domain/submissions/find-submission.ts";
import type { DoorPorts } from "../functions/http/door.ts";
import { REPETITION_HEADER, repetitionHeader } from "../functions/http/repetition-header.ts";
import { inRoom } from "../functions/http/upload-share.ts";
import { ExecutionSummaryStatus, MessageStatus } from "./d365-status.ts";
import { type ActionCall, action, actionFamily } from "./odata.ts";
import {
  entitySummaries,
  executionErrors,
  executionStatus,
} from "./package-api/describe-execution.ts";
import { entitySequence } from "./package-api/entity-sequence.ts";
import { type FoundExecution, findExecution, type Lookup } from "./package-api/find-execution.ts";
import { executionIdOf, messageStatus } from "./package-api/find-message.ts";
import { importPackage, openPackageUpload } from "./package-api/import-package.ts";
import { type OrderRequest, orderPackage } from "./package-api/order-package.ts";
import {
  EntityNames,
  ExportRequest,
  ImportRequest,
  OfEntity,
  OfExecution,
  TokenReset,
} from "./package-api/package-api.ts";
import { deletePackage, packageUrl } from "./package-api/package-url.ts";
import { resetVersionToken } from "./package-api/reset-version-token.ts";

/** How many rows of each entity a preview has when the client does not say. */
const PREVIEW_ROWS = 10;

const Nothing = z.object({});
const text = (description: string) => z.string().describe(description);
const jsonText = (what: string) => text(`JSON text: ${what}.`);

const importAction = (name: string) =>
  action(name, {
    summary: "Import a data package, or check it alone",
    request: ImportRequest,
    value: text("The execution id."),
    optionalHeaders: REPETITION_HEADER,
    call: async (ports, { applicationId, request }) => {
      const { executionId, ...received } = await inRoom(
        () => ports.enterUpload(applicationId),
        () => importPackage(ports, { applicationId, request }),
      );
      addLogFacts({ executionId, submissionId: received.submission.id });
      return { value: executionId, headers: repetitionHeader(received) };
    },
  });

const exportAction = (
  name: string,
  summary: string,
  kindOf: (request: ExportRequest) => Partial<Pick<OrderRequest, "mode" | "maxRows">> = () => ({}),
) =>
  action(name, {
    summary,
    request: ExportRequest,
    value: text("The execution id."),
    call: async (ports, { applicationId, request }) => {
      if (!request.execute) {
        throw new AppError(
          "execution-not-supported",
          'Cannot take an export without running it: send "execute": true',
        );
      }
      const kind = { mode: null, maxRows: null, ...kindOf(request) };
      return { value: await orderPackage(ports, { applicationId, ...request, ...kind }) };
    },
  });

const previewAction = (name: string) =>
  exportAction(
    name,
    "Order a data package with the first rows only",
    ({ count, exportPreviewCount }) => ({
      mode: "full",
      maxRows: count || exportPreviewCount || PREVIEW_ROWS,
    }),
  );

const initializeAction = (name: string) =>
  action(name, {
    summary: "Do nothing: there is nothing to initialize",
    request: Nothing,
    call: async (ports, { applicationId }) => {
      await requireKnownApplication(ports, applicationId);
      return { value: undefined };
    },
  });

const errorFileAction = (name: string) =>
  action(name, {
    summary: "Get the address of the file with the bad rows of an entity",
    request: OfEntity,
    value: text("Readable by whoever has it, for an hour; empty when no row was bad."),
    call: async (ports, call) => {
      const found = await find(ports, call);
      const { entityName } = call.request;
      const url =
        found.kind === "import" && (await errorFileUrl(ports, found.submission, entityName));
      return { value: url || "" };
    },
  });

/**
 * The package API, wire-compatible with that of Dynamics 365's data management: exports and imports of data packages.
 *
 * @see https://learn.microsoft.com/dynamics365/fin-ops-core/dev-itpro/data-entities/data-management-api
 */
export const PACKAGE_API = actionFamily([
  action("GetAzureWriteUrl", {
    summary: "Get an address to put a package at",
    request: Nothing,
    value: jsonText("`BlobId`, a GUID in braces, and `BlobUrl`, which takes one file by `PUT`"),
    call: async (ports, { applicationId }) => ({
      value: JSON.stringify(await openPackageUpload(ports, applicationId)),
    }),
  }),
  importAction("ImportFromPackage"),
  importAction("ImportFromPackageAsync"),
  importAction("ImportFromDMTPackage"),
  exportAction("ExportToPackage", "Order a data package"),
  exportAction("ExportToPackageAsync", "Order a data package"),
  exportAction("ExportToPackageDelta", "Order a data package with what has changed", () => ({
    mode: "incremental",
  })),
  previewAction("ExportToPackagePreview"),
  previewAction("ExportToPackagePreviewAsync"),
  // the package that it names is a template of the data project, which is ours already
  exportAction("ExportFromPackage", "Order a data package"),
  action("GetExecutionSummaryStatus", {
    summary: "Ask how far an execution is",
    request: OfExecution,
    value: ExecutionSummaryStatus.describe("How far it is, in the original's words."),
    call: async (ports, call) => ({ value: executionStatus(await find(ports, call)) }),
  }),
  action("GetEntityExecutionSummaryStatusList", {
    summary: "Ask how far each entity of an execution is",
    request: OfExecution,
    value: z
      .array(jsonText("`EntityName`, `Status`, `Records`, `Errors`, `Message`"))
      .describe("One text for each entity."),
    call: async (ports, call) => {
      const summaries = entitySummaries(await find(ports, call));
      return { value: summaries.map((summary) => JSON.stringify(summary)) };
    },
  }),
  action("GetExecutionErrors", {
    summary: "Read the errors of an execution",
    request: OfExecution,
    value: jsonText("a list of `RecordId`, `Field`, `ErrorMessage`"),
    call: async (ports, call) => ({
      value: JSON.stringify(await executionErrors(ports, await find(ports, call))),
    }),
  }),
  action("GetExecutionSummaryPageUrl", {
    summary: "Get the address of a page about an execution",
    request: OfExecution,
    value: z.url().describe("The base address, with the execution id in the query."),
    call: async (ports, call) => {
      await find(ports, call);
      const { publicBaseUrl } = ports.site;
      return {
        value: `${publicBaseUrl}/?executionId=${encodeURIComponent(lookup(call).id)}`,
      };
    },
  }),
  action("GetExportedPackageUrl", {
    summary: "Get the address of an exported package",
    request: OfExecution,
    value: text("Readable by whoever has it, for a while; empty when there is no package."),
    call: async (ports, call) => ({ value: await packageUrl(ports, await find(ports, call)) }),
  }),
  action("DeleteExecutionHistoryJob", {
    summary: "Delete the package of an execution",
    request: OfExecution,
    call: async (ports, call) => {
      await deletePackage(ports, await find(ports, call));
      return { value: undefined };
    },
  }),
  action("GetMessageStatus", {
    summary: "Ask how far a message is",
    request: OfExecution,
    value: MessageStatus.describe("How far it is, in the original's words."),
    call: async (ports, call) => ({ value: await messageStatus(ports, lookup(call, "message")) }),
  }),
  action("GetExecutionIdByMessageId", {
    summary: "Get the execution id of a message",
    request: OfExecution,
    value: text("The execution id."),
    call: async (ports, call) => ({ value: await executionIdOf(ports, lookup(call, "message")) }),
  }),
  action("GenerateImportTargetErrorKeysFile", {
    summary: "Ask whether there is a file with the bad rows of an entity",
    request: OfEntity,
    value: z.boolean().describe("Whether there is one."),
    // clients that hear "true" ask for the address until there is one: the file is there since the end of the import
    call: async (ports, call) => {
      const found = await find(ports, call);
      const { entityName } = call.request;
      return {
        value: found.kind === "import" && errorFileOf(found.submission, entityName) !== null,
      };
    },
  }),
  errorFileAction("GetImportTargetErrorKeysFileUrl"),
  errorFileAction("GetImportStagingErrorFileUrl"),
  initializeAction("InitializeDataManagement"),
  initializeAction("InitializeDataManagementAsync"),
  action("GetEntitySequence", {
    summary: "Ask in which order entities are imported",
    request: EntityNames,
    value: jsonText(
      "a list of `EntityName`, `ExecutionUnit`, `LevelInExecutionUnit`, `SequenceInLevel`",
    ),
    call: async (ports, { applicationId, request: { listOfDataEntities: names } }) => ({
      value: JSON.stringify(await entitySequence(ports, { applicationId, names })),
    }),
  }),
  action("ResetVersionToken", {
    summary: "Make the next delta package a full one",
    request: TokenReset,
    value: z.boolean().describe("True."),
    call: async (ports, { applicationId, request }) => {
      await resetVersionToken(ports, { applicationId, ...request });
      return { value: true };
    },
  }),
]);

type AboutExecution = ActionCall<z.output<typeof OfExecution>>;

function find(ports: DoorPorts, call: AboutExecution): Promise<FoundExecution> {
  return findExecution(ports, lookup(call));
}

/** Clients send the id of a message where that of an execution is asked, and the other way round. */
function lookup({ applicationId, request }: AboutExecution, asked?: "message"): Lookup {
  const { executionId, messageId } = request;
  const [first, second] = asked === "message" ? [messageId, executionId] : [executionId, messageId];
  const id = first || second;
  addLogFacts({ executionId: id });
  return { applicationId, id };
}
