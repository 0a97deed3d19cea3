import { z } from "zod";
import { ExecutionSummaryStatus, MessageStatus } from "../../d365/d365-status.ts";
import { odataAnswer } from "../../d365/odata-schema.ts";
import {
  EntityNames,
  ExportRequest,
  ImportRequest,
  OfEntity,
  OfExecution,
  TokenReset,
} from "../../d365/package-api/package-api.ts";
import {
  APPLICATION_PROBLEMS,
  jsonContent,
  ODATA_HEADERS,
  type Operation,
  odataProblems,
  REPETITION_HEADER,
} from "./operation.ts";

interface Action {
  readonly summary: string;
  readonly request: z.ZodObject;
  /** Absent: the answer has no body. */
  readonly value?: z.ZodType;
  readonly optionalHeaders?: Readonly<Record<string, string>>;
}

const Nothing = z.object({});
const text = (description: string) => z.string().describe(description);

const IMPORT: Action = {
  summary: "Import a data package, or check it alone",
  request: ImportRequest,
  value: text("The execution id."),
  optionalHeaders: REPETITION_HEADER,
};
const EXPORT: Action = {
  summary: "Order a data package",
  request: ExportRequest,
  value: text("The execution id."),
};
const PREVIEW: Action = { ...EXPORT, summary: "Order a data package with the first rows only" };
const INITIALIZE: Action = {
  summary: "Do nothing: there is nothing to initialize",
  request: Nothing,
};
const ERROR_FILE_URL: Action = {
  summary: "Get the address of the file with the bad rows of an entity",
  request: OfEntity,
  value: text("Readable by whoever has it, for an hour; empty when no row was bad."),
};
const jsonText = (what: string) => text(`JSON text: ${what}.`);

/** By the names that clients send. */
const ACTIONS: Readonly<Record<string, Action>> = {
  GetAzureWriteUrl: {
    summary: "Get an address to put a package at",
    request: Nothing,
    value: jsonText("`BlobId`, a GUID in braces, and `BlobUrl`, which takes one file by `PUT`"),
  },
  ImportFromPackage: IMPORT,
  ImportFromPackageAsync: IMPORT,
  ImportFromDMTPackage: IMPORT,
  ExportToPackage: EXPORT,
  ExportToPackageAsync: EXPORT,
  ExportToPackageDelta: { ...EXPORT, summary: "Order a data package with what has changed" },
  ExportToPackagePreview: PREVIEW,
  ExportToPackagePreviewAsync: PREVIEW,
  ExportFromPackage: EXPORT,
  GetExecutionSummaryStatus: {
    summary: "Ask how far an execution is",
    request: OfExecution,
    value: ExecutionSummaryStatus.describe("How far it is, in the original's words."),
  },
  GetEntityExecutionSummaryStatusList: {
    summary: "Ask how far each entity of an execution is",
    request: OfExecution,
    value: z
      .array(jsonText("`EntityName`, `Status`, `Records`, `Errors`, `Message`"))
      .describe("One text for each entity."),
  },
  GetExecutionErrors: {
    summary: "Read the errors of an execution",
    request: OfExecution,
    value: jsonText("a list of `RecordId`, `Field`, `ErrorMessage`"),
  },
  GetExecutionSummaryPageUrl: {
    summary: "Get the address of a page about an execution",
    request: OfExecution,
    value: z.url().describe("The base address, with the execution id in the query."),
  },
  GetExportedPackageUrl: {
    summary: "Get the address of an exported package",
    request: OfExecution,
    value: text("Readable by whoever has it, for a while; empty when there is no package."),
  },
  DeleteExecutionHistoryJob: {
    summary: "Delete the package of an execution",
    request: OfExecution,
  },
  GetMessageStatus: {
    summary: "Ask how far a message is",
    request: OfExecution,
    value: MessageStatus.describe("How far it is, in the original's words."),
  },
  GetExecutionIdByMessageId: {
    summary: "Get the execution id of a message",
    request: OfExecution,
    value: text("The execution id."),
  },
  GenerateImportTargetErrorKeysFile: {
    summary: "Ask whether there is a file with the bad rows of an entity",
    request: OfEntity,
    value: z.boolean().describe("Whether there is one."),
  },
  GetImportTargetErrorKeysFileUrl: ERROR_FILE_URL,
  GetImportStagingErrorFileUrl: ERROR_FILE_URL,
  InitializeDataManagement: INITIALIZE,
  InitializeDataManagementAsync: INITIALIZE,
  GetEntitySequence: {
    summary: "Ask in which order entities are imported",
    request: EntityNames,
    value: jsonText(
      "a list of `EntityName`, `ExecutionUnit`, `LevelInExecutionUnit`, `SequenceInLevel`",
    ),
  },
  ResetVersionToken: {
    summary: "Make the next delta package a full one",
    request: TokenReset,
    value: z.boolean().describe("True."),
  },
};

/** @internal Names of all actions, for the test that compares them with those that are registered. */
export const ACTION_NAMES = Object.keys(ACTIONS);

const PLACE = "/data/DataManagementDefinitionGroups/Microsoft.Dynamics.DataEntities.";

/** The package API: exports and imports of data packages. */
export const PACKAGE_API: readonly Operation[] = Object.entries(ACTIONS).map(
  ([name, { summary, request, value, optionalHeaders = {} }]) => ({
    id: `package-api-${name}`,
    tag: "Package API",
    caller: "application",
    method: "post",
    path: PLACE + name,
    route: `${PLACE}{action}`,
    summary,
    description:
      "Names are read in any case, with or without an underscore before them; what is left out is `null` or empty; ids may stand in quotes or braces, and the id of a message in place of that of an execution. Answered behind up to two more path segments too.",
    request: { isRequired: false, content: jsonContent(request) },
    answers: {
      ...(value === undefined
        ? { 204: { description: "Done.", headers: ODATA_HEADERS } }
        : {
            200: {
              description: "The value.",
              content: jsonContent(odataAnswer(value)),
              headers: ODATA_HEADERS,
              optionalHeaders,
            },
          }),
      ...odataProblems({
        ...APPLICATION_PROBLEMS,
        400: "Whatever else is wrong: what is asked for does not exist, is not there yet, or cannot be read.",
      }),
    },
  }),
);
