import { z } from "zod";
import { Compression } from "../../formats/compression.ts";
import { Start } from "../deliveries/start.ts";
import { Via } from "../deliveries/ways/ways.ts";
import { Shape } from "../exports/export-shape.ts";
import { Schedule } from "../exports/schedule-definition.ts";
import { Companies, DefinitionId, FileType, FileTypePattern, Guid } from "../ids.ts";
import { importDefinition, importTarget } from "../imports/import-definition.ts";
import { FormatOptions, isPacked } from "./file-formats.ts";
import type { SystemSchemas } from "./system-definition.ts";

/** Default for files whose definition sets no retention or was deleted. */
export const DEFAULT_RETENTION_DAYS = 7;

const DOOR = {
  name: z
    .string()
    .min(1)
    .max(100)
    .describe("Name for people; data packages may use it to name an import connector."),
  applications: z
    .array(Guid)
    .min(1)
    .max(50)
    .describe("Application (client) ids that may use this door; to all others it does not exist."),
  enabled: z
    .boolean()
    .default(true)
    .describe("While false, the connector answers as if it did not exist."),
} as const;

/** A door from which the partner pulls files. */
const ExportConnector = z.strictObject({
  ...DOOR,
  direction: z.literal("export").describe("Partners pull files here."),
  leaseSeconds: z
    .int()
    .min(5)
    .max(604_800)
    .default(1_800)
    .describe(
      "How long a dequeued delivery stays hidden from the next dequeue, in seconds: 5 s to 7 days, 30 minutes by default.",
    ),
  ordered: z
    .boolean()
    .default(false)
    .describe("Hand out strictly the oldest file that is not acknowledged; one at a time."),
  acknowledge: z
    .enum(["always", "after-download"])
    .default("always")
    .describe(
      "Whether a file may be acknowledged that was never fetched: `always`, as in Dynamics 365, and the operator is told; or only `after-download`.",
    ),
});

/** A door at which the partner sends files. */
const ImportConnector = z.strictObject({
  ...DOOR,
  direction: z.literal("import").describe("Partners send files here."),
  import: DefinitionId.describe("The import that the files are for."),
  companies: Companies.optional(),
  content: z
    .enum(["file", "package"])
    .describe(
      "Whether each submission is the file of one entity or a data package; the request's own words never decide it.",
    ),
  ordered: z
    .boolean()
    .default(false)
    .describe("Process submissions in order: strictly one at a time."),
  deduplicationSeconds: z
    .int()
    .min(0)
    .max(2_592_000)
    .default(900)
    .describe(
      "How long a request can come again, in seconds, and count as a repetition because its answer was lost. It must have the external id, query and content of the last one. That one must have neither failed nor ended with errors, and no partner may have asked for its state since. 15 minutes by default, at most 30 days; 0: each request is a new submission.",
    ),
  maxBytes: z
    .int()
    .min(1)
    .max(100 * 2 ** 30)
    .default(2 ** 30)
    .describe("Largest file that is taken in, in bytes: 1 GiB by default, at most 100 GiB."),
  retentionDays: z
    .int()
    .min(1)
    .max(3_650)
    .default(DEFAULT_RETENTION_DAYS)
    .describe(
      "Days until received files and their error files are deleted, counted from the end of the import: 7 by default, at most ten years. The result of each file stays known.",
    ),
});

/** A door for one partner and one direction. */
export const ConnectorDefinition = z
  .discriminatedUnion("direction", [ExportConnector, ImportConnector], {
    error: 'must have a direction: "export" or "import"',
  })
  .describe("A door for one partner and one direction.");
export type ConnectorDefinition = z.infer<typeof ConnectorDefinition>;
export type Direction = ConnectorDefinition["direction"];
export type ConnectorOf<Way extends Direction> = Extract<ConnectorDefinition, { direction: Way }>;

/**
 * Who may order the export's rows as a data package through the package API. Such a package goes only to the orderer.
 * It is in no ledger, and moves only the cursor of packages.
 */
const PackageOrders = z.strictObject({
  applications: z
    .array(Guid)
    .min(1)
    .max(50)
    .describe("Application (client) ids; for all others the data project does not exist."),
  definitionGroup: z
    .string()
    .trim()
    .min(1)
    .max(255)
    .regex(/^\P{Cc}+$/u, "must not hold control characters")
    .optional()
    .describe(
      "Name of the data project, as clients send it in `definitionGroupId`; case does not matter. The export's id also works, and so does the `definitionGroup` of its format.",
    ),
  company: z
    .string()
    .trim()
    .min(1)
    .max(60)
    .regex(/^\P{Cc}+$/u, "must not hold control characters")
    .optional()
    .describe(
      "Legal entity of the rows, as clients send it in `legalEntityId`; case does not matter. Orders for another legal entity are refused. Exports of several companies may share a name. Without this field an order may name any company, and gets the same rows.",
    ),
  mode: z
    .enum(["full", "incremental"])
    .default("full")
    .describe("`full`: all rows, each time; `incremental`: changes since the last package."),
});

/** Source of an export's rows. */
function sourceDefinition(sources: SystemSchemas["sources"]) {
  return z
    .discriminatedUnion("kind", sources)
    .describe(
      "Source of an export's rows. It names a connection; secrets stay in the app's settings.",
    );
}

/** One kind of record in an export: the source of its rows and their form in the file. */
function exportEntity(source: ReturnType<typeof sourceDefinition>) {
  return z
    .strictObject({
      name: z
        .string()
        .min(1)
        .max(80)
        .regex(
          /^[^\p{Cc}\\/:*?"<>|]+$/u,
          'must not hold control characters or any of \\ / : * ? " < > |',
        )
        .describe("Name that partners know, e.g. `Customer groups`."),
      source: source.describe("Source of the rows."),
      ...Shape.shape,
    })
    .describe(
      "One kind of record in an export: the source of its rows and their form in the file.",
    );
}
export type ExportEntity = z.infer<ReturnType<typeof exportEntity>>;

/** Content, source, form and times of an export. */
function exportDefinition(entity: ReturnType<typeof exportEntity>) {
  return z
    .strictObject({
      description: z.string().max(1_000).optional().describe("For people."),
      fileType: FileType.describe(
        "File type under which the files are published, e.g. `Shop.ItemChanges`.",
      ),
      entities: z
        .array(entity)
        .min(1)
        .max(50)
        .describe("One entity; several only in a data package."),
      format: FormatOptions.describe("Format of the file."),
      compression: Compression.optional().describe(
        "`gzip` by default. A format that is compressed inside, such as a data package, must have `none`.",
      ),
      schedule: Schedule.optional().describe("Without a schedule the export runs on request only."),
      preventUploadWhenZeroRecords: z
        .boolean()
        .default(true)
        .describe(
          '"Prevent upload when zero records": a run without rows is recorded but publishes no file.',
        ),
      retentionDays: z
        .int()
        .min(1)
        .max(3_650)
        .default(DEFAULT_RETENTION_DAYS)
        .describe(
          "Days until files are deleted, counted from their publication (packages: from their making): 7 by default, at most ten years.",
        ),
      packageApi: PackageOrders.optional().describe("Without it nobody can order packages."),
    })
    .superRefine((definition, context) => {
      if (definition.format.kind !== "package" && definition.entities.length > 1) {
        context.addIssue({
          code: "custom",
          path: ["entities"],
          message: `must be one entity in a ${definition.format.kind} file; several need format.kind "package"`,
        });
      }
      if (definition.compression === "gzip" && isPacked(definition.format)) {
        context.addIssue({
          code: "custom",
          path: ["compression"],
          message: `must be "none": a ${definition.format.kind} file is compressed inside`,
        });
      }
      const names = definition.entities.map((entity) => entity.name.toLowerCase());
      for (const [index, name] of names.entries()) {
        if (names.indexOf(name) !== index) {
          context.addIssue({
            code: "custom",
            path: ["entities", index, "name"],
            message: "must not stand twice in one export",
          });
        }
      }
    })
    .describe("Content, form and times of an export, and the file type of its files.");
}
export type ExportDefinition = z.infer<ReturnType<typeof exportDefinition>>;

/** Receiver of files. */
export const SubscriptionDefinition = z
  .strictObject({
    description: z.string().max(1_000).optional().describe("For people."),
    fileTypes: z
      .array(FileTypePattern)
      .min(1)
      .max(100)
      .describe("File types to receive, by their names or by how they begin (`Shop.*`)."),
    filter: z
      .string()
      .max(2_000)
      .optional()
      .describe("Condition on the event's properties, e.g. `records gt 0 and entity eq 'Items'`."),
    applications: z
      .array(Guid)
      .min(1)
      .max(50)
      .optional()
      .describe(
        "Application (client) ids of the partner, the owner of this subscription. A connector has a list of its own.",
      ),
    start: Start.default("now"),
    via: Via,
    enabled: z
      .boolean()
      .default(true)
      .describe("While false nothing is delivered, and missed files are not delivered later."),
  })
  .describe("Who gets which files.");
export type SubscriptionDefinition = z.infer<typeof SubscriptionDefinition>;

/**
 * Makes the schemas of definitions for an app with these systems.
 *
 * @returns the schemas of all kinds by their name in URLs, and the parts of the schemas that depend on the systems
 */
export function definitionSchemas({ sources, targets }: SystemSchemas) {
  const source = sourceDefinition(sources);
  const entity = exportEntity(source);
  const target = importTarget(targets);
  const kinds = {
    connectors: ConnectorDefinition,
    exports: exportDefinition(entity),
    imports: importDefinition(target),
    subscriptions: SubscriptionDefinition,
  } as const;
  return { kinds, parts: { source, entity, target } } as const;
}
export type DefinitionSchemas = ReturnType<typeof definitionSchemas>;
export const DefinitionKind = z.enum(["connectors", "exports", "imports", "subscriptions"]);
export type DefinitionKind = z.infer<typeof DefinitionKind>;
export type DefinitionBody<Kind extends DefinitionKind> = z.infer<DefinitionSchemas["kinds"][Kind]>;
