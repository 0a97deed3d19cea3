import { requireKnownApplication } from "../domain/definitions/require-known-application.ts";
import { AppError } from "../domain/errors.ts";
import { addLogFacts } from "../domain/log-facts.ts";
import type { Ports } from "../domain/ports.ts";
import { errorFileOf, errorFileUrl } from "../domain/submissions/find-submission.ts";
import { repetitionHeader } from "../functions/http/repetition-header.ts";
import type { Routes } from "../functions/http/route.ts";
import { type EnterUpload, inRoom } from "../functions/http/upload-share.ts";
import { type ActionCall, type OdataValue, registerActions } from "./odata.ts";
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

type Action = (call: ActionCall) => Promise<OdataValue>;

/**
 * The package API, wire-compatible with that of Dynamics 365's data management: exports and imports of data packages.
 *
 * @see https://learn.microsoft.com/dynamics365/fin-ops-core/dev-itpro/data-entities/data-management-api
 */
export function registerPackageApi(
  ports: Ports,
  routes: Routes,
  { publicBaseUrl, enterUpload }: { publicBaseUrl: string; enterUpload: EnterUpload },
): void {
  const actions: Readonly<Record<string, Action>> = {
    ...importActions(ports, enterUpload),
    ...exportActions(ports),
    ...executionActions(ports, publicBaseUrl),
    ...errorFileActions(ports),
    ...otherActions(ports),
  };
  const byName = new Map(
    Object.entries(actions).map(([name, action]) => [name.toLowerCase(), action]),
  );
  registerActions(routes, publicBaseUrl, (name, call) => {
    const action = byName.get(name.toLowerCase());
    if (action === undefined) {
      const names = Object.keys(actions).join(", ");
      throw new AppError("request-invalid", `there is no such action; there are ${names}`);
    }
    return action(call);
  });
}

function importActions(ports: Ports, enterUpload: EnterUpload): Record<string, Action> {
  const importIt: Action = async ({ applicationId, read, answerHeaders }) => {
    const { executionId, submission, isNew } = await inRoom(
      () => enterUpload(applicationId),
      () => importPackage(ports, { applicationId, request: read(ImportRequest) }),
    );
    addLogFacts({ executionId, submissionId: submission.id });
    Object.assign(answerHeaders, repetitionHeader({ submission, isNew }));
    return executionId;
  };
  return {
    GetAzureWriteUrl: async ({ applicationId }) =>
      JSON.stringify(await openPackageUpload(ports, applicationId)),
    ImportFromPackage: importIt,
    ImportFromPackageAsync: importIt,
    ImportFromDMTPackage: importIt,
  };
}

function exportActions(ports: Ports): Record<string, Action> {
  const exportIt: Action = (call) => order(ports, call, {});
  const preview: Action = (call) => {
    const { count, exportPreviewCount } = call.read(ExportRequest);
    return order(ports, call, {
      mode: "full",
      maxRows: count || exportPreviewCount || PREVIEW_ROWS,
    });
  };
  return {
    ExportToPackage: exportIt,
    ExportToPackageAsync: exportIt,
    ExportToPackageDelta: (call) => order(ports, call, { mode: "incremental" }),
    ExportToPackagePreview: preview,
    ExportToPackagePreviewAsync: preview,
    // the package that it names is a template of the data project, which is ours already
    ExportFromPackage: exportIt,
  };
}

async function order(
  ports: Ports,
  { applicationId, read }: ActionCall,
  kind: Partial<Pick<OrderRequest, "mode" | "maxRows">>,
): Promise<string> {
  const request = read(ExportRequest);
  if (!request.execute) {
    throw new AppError(
      "execution-not-supported",
      'Cannot take an export without running it: send "execute": true',
    );
  }
  return orderPackage(ports, { applicationId, mode: null, maxRows: null, ...request, ...kind });
}

function executionActions(ports: Ports, publicBaseUrl: string): Record<string, Action> {
  const find = (call: ActionCall): Promise<FoundExecution> => findExecution(ports, lookup(call));
  return {
    GetExecutionSummaryStatus: async (call) => executionStatus(await find(call)),
    GetEntityExecutionSummaryStatusList: async (call) =>
      entitySummaries(await find(call)).map((summary) => JSON.stringify(summary)),
    GetExecutionErrors: async (call) =>
      JSON.stringify(await executionErrors(ports, await find(call))),
    GetExecutionSummaryPageUrl: async (call) => {
      await find(call);
      return `${publicBaseUrl}/?executionId=${encodeURIComponent(lookup(call).id)}`;
    },
    GetExportedPackageUrl: async (call) => packageUrl(ports, await find(call)),
    DeleteExecutionHistoryJob: async (call) => {
      await deletePackage(ports, await find(call));
      return undefined;
    },
    GetMessageStatus: (call) => messageStatus(ports, lookup(call, "message")),
    GetExecutionIdByMessageId: (call) => executionIdOf(ports, lookup(call, "message")),
  };
}

function errorFileActions(ports: Ports): Record<string, Action> {
  const url: Action = async (call) => {
    const found = await findExecution(ports, lookup(call));
    const { entityName } = call.read(OfEntity);
    return (
      (found.kind === "import" && (await errorFileUrl(ports, found.submission, entityName))) || ""
    );
  };
  return {
    // clients that hear "true" ask for the address until there is one: the file is there since the end of the import
    GenerateImportTargetErrorKeysFile: async (call) => {
      const found = await findExecution(ports, lookup(call));
      const { entityName } = call.read(OfEntity);
      return found.kind === "import" && errorFileOf(found.submission, entityName) !== null;
    },
    GetImportTargetErrorKeysFileUrl: url,
    GetImportStagingErrorFileUrl: url,
  };
}

function otherActions(ports: Ports): Record<string, Action> {
  const initialize: Action = async ({ applicationId }) => {
    await requireKnownApplication(ports, applicationId);
    return undefined;
  };
  return {
    InitializeDataManagement: initialize,
    InitializeDataManagementAsync: initialize,
    GetEntitySequence: async ({ applicationId, read }) => {
      const { listOfDataEntities: names } = read(EntityNames);
      return JSON.stringify(await entitySequence(ports, { applicationId, names }));
    },
    ResetVersionToken: async ({ applicationId, read }) => {
      await resetVersionToken(ports, { applicationId, ...read(TokenReset) });
      return true;
    },
  };
}

/** Clients send the id of a message where that of an execution is asked, and the other way round. */
function lookup({ applicationId, read }: ActionCall, asked?: "message"): Lookup {
  const { executionId, messageId } = read(OfExecution);
  const [first, second] = asked === "message" ? [messageId, executionId] : [executionId, messageId];
  const id = first || second;
  addLogFacts({ executionId: id });
  return { applicationId, id };
}
