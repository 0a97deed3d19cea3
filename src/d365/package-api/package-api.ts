import { z } from "zod";
import { ZERO_GUID } from "../../domain/ids.ts";
import { GUID_REGEXP } from "../../domain/values/guid.ts";

/**
 * Bodies of the package API's actions, under `POST
 * /data/DataManagementDefinitionGroups/Microsoft.Dynamics.DataEntities.<action>`.
 *
 * Clients leave members out, send null or a number for a text, wrap ids in quotes or braces, and send texts for
 * booleans. Whatever can be understood is.
 *
 * @see https://learn.microsoft.com/dynamics365/fin-ops-core/dev-itpro/data-entities/data-management-api
 */

const MAX_ID_LENGTH = 200;
const MAX_LAYERS = 4;
const WRAPPED_REGEXP = /^(?:"(.*)"|'(.*)'|\{(.*)\})$/s;

const Scalar = z
  .union([z.string(), z.number(), z.boolean()], { error: "must be a text" })
  .nullish()
  .transform((value) => String(value ?? "").trim());

/** A text, `""` when it is left out. */
const Text = (maxLength: number) =>
  Scalar.transform((text) => text.replace(/^"(.*)"$/s, "$1").trim()).pipe(
    z.string().max(maxLength, `must have at most ${maxLength} characters`),
  );

/**
 * A message or execution id as it is looked up and kept, without quotes and braces around it. A GUID is in lower case.
 * Any other text stays exactly as it is, because partners make ids of their own. `""` when there is none.
 */
const Id = Scalar.transform(bareId).pipe(
  z.string().max(MAX_ID_LENGTH, `must have at most ${MAX_ID_LENGTH} characters`),
);

/** {@link Id} of a new execution: clients send the all-zero GUID where they have none. */
const NewId = Id.transform((id) => (id === ZERO_GUID ? "" : id));

/** Null when it is left out. */
const OptionalFlag = Scalar.transform((text) =>
  text === "" ? null : /^(?:true|1|yes)$/i.test(text.replace(/^"(.*)"$/, "$1")),
);

const Flag = (whenLeftOut: boolean) => OptionalFlag.transform((flag) => flag ?? whenLeftOut);

/** A whole number, 0 when it is left out or none. */
const Count = Scalar.transform((text) => (/^\d{1,9}$/.test(text) ? Number(text) : 0));

/** Names by commas or semicolons, or an array of them. */
const Names = z
  .union([z.array(z.string()), Scalar])
  .nullish()
  .transform((value) => (typeof value === "string" ? value.split(/[,;]/) : (value ?? [])))
  .transform((names) => names.map((name) => name.trim()).filter(Boolean))
  .pipe(z.array(z.string().max(200)).max(200));

/** Takes away quotes and braces, also some around each other. */
export function bareId(text: string): string {
  let bare = text.trim();
  for (let layer = 0; layer < MAX_LAYERS; layer++) {
    const [, double, single, braces] = WRAPPED_REGEXP.exec(bare) ?? [];
    bare = (double ?? single ?? braces ?? bare).trim();
  }
  return GUID_REGEXP.test(bare) ? bare.toLowerCase() : bare;
}

/** Actions about one execution. Clients know it by its own id or by that of the message that led to it. */
export const OfExecution = z
  .object({
    executionId: Id.describe("Execution id; that of a message will do."),
    messageId: Id.describe("Id of the message, where the client knows no execution id."),
  })
  .meta({ id: "OfExecution", description: "Which execution." });

export const OfEntity = z
  .object({
    executionId: Id.describe("Execution id; that of a message will do."),
    messageId: Id.describe("Id of the message, where the client knows no execution id."),
    entityName: Text(200).describe("Name of the entity."),
  })
  .meta({ id: "OfEntity", description: "Which entity of which execution." });

/** Query of `GET /api/connector/jobstatus/{activityId}`: a message id, or an execution id. */
export const JobStatusQuery = z.object({ jobId: Id.describe("Message id or execution id.") });

export const ImportRequest = z
  .object({
    packageUrl: Text(4_000).describe("`BlobUrl` of a `GetAzureWriteUrl` of the same application."),
    definitionGroupId: Text(255).describe(
      "Id of an import, or name of a connector for data packages.",
    ),
    executionId: NewId.describe("The client's own id; one is made when it is left out."),
    execute: Flag(true).describe(
      "False: the package is checked, and nothing is written; the same request with true executes it afterwards.",
    ),
    overwrite: Flag(true).describe(
      "Whether this package may take the place of another that was checked under the execution id, and not executed.",
    ),
    failOnError: OptionalFlag.describe(
      "Whether errors end the import. By default as the import and the package say.",
    ),
    legalEntityId: Text(60).describe("The company that the rows are of."),
  })
  .meta({
    id: "ImportRequest",
    description: "A data package to import.",
    examples: [
      {
        packageUrl: "https://account.blob.core.windows.net/uploads/01a1fadb?sig=...",
        definitionGroupId: "Customer groups import",
        execute: true,
      },
    ],
  });
export type ImportRequest = z.infer<typeof ImportRequest>;

export const ExportRequest = z
  .object({
    definitionGroupId: Text(255).describe(
      "Id of an export, or name of the data project that it stands for.",
    ),
    packageName: Text(255).describe("Name of the package."),
    executionId: NewId.describe("The client's own id; one is made when it is left out."),
    reExecute: Flag(false).describe("Runs again what has run under this execution id."),
    execute: Flag(true).describe("True, or left out: an order cannot be checked alone."),
    legalEntityId: Text(60).describe("Tells exports of the same name apart."),
    entityList: Names.describe("Only these; all when it is left out."),
    count: Count.describe("How many rows of each entity a preview has."),
    exportPreviewCount: Count.describe("Another name for `count`."),
  })
  .meta({
    id: "ExportRequest",
    description: "A data package to make.",
    examples: [{ definitionGroupId: "Customer groups export", packageName: "groups" }],
  });
export type ExportRequest = z.infer<typeof ExportRequest>;

export const TokenReset = z
  .object({
    definitionGroupId: Text(255).describe(
      "Id of an export, or name of the data project that it stands for.",
    ),
    entityName: Text(200).describe("All of the export when it is left out."),
  })
  .meta({
    id: "TokenReset",
    description: "Which export, or which entity of it, is to begin anew.",
  });

export const EntityNames = z
  .object({
    listOfDataEntities: Names.describe("Names by commas or semicolons, or a list of them."),
  })
  .meta({ id: "EntityNames", description: "Entities whose order is asked for." });

/** `value` of `GetAzureWriteUrl`, as JSON text. */
export interface WriteUrl {
  /** A GUID in braces. */
  readonly BlobId: string;
  /** Takes one file by `PUT` with `x-ms-blob-type: BlockBlob`. */
  readonly BlobUrl: string;
}

/** One member of the list that is the `value` of `GetExecutionErrors`, as JSON text. */
export interface ExecutionError {
  /** Number of the row; `""` when the error is of no row. */
  readonly RecordId: string;
  readonly Field: string;
  readonly ErrorMessage: string;
}

/** One member of the `value` of `GetEntityExecutionSummaryStatusList`, as JSON text. */
export interface EntitySummary {
  readonly EntityName: string;
  readonly Status: string;
  readonly Records: number;
  readonly Errors: number;
  /** Why it is not finished; `""` when it is, or nobody can say. */
  readonly Message: string;
}

/** One member of the list that is the `value` of `GetEntitySequence`, as JSON text. */
export interface SequencedEntity {
  readonly EntityName: string;
  readonly ExecutionUnit: number;
  readonly LevelInExecutionUnit: number;
  readonly SequenceInLevel: number;
}
