import { z } from "zod";
import { Compression, FormatOptions, Shape } from "./export-shape.ts";
import { ActivityId, FileType, Guid } from "./ids.ts";
import { Schedule } from "./schedule.ts";
import { SourceDefinition } from "./source-definition.ts";

/** A door for one partner: who may use it, and how long a file that it handed out stays hidden. */
export const ConnectorDefinition = z.strictObject({
  name: z.string().min(1).max(100),
  /** `export`: the partner pulls files here. */
  direction: z.literal("export"),
  /** Application (client) ids that may use this door; everybody else is told that it does not exist. */
  applications: z.array(Guid).min(1).max(50),
  /** How long a dequeued message stays hidden from the next dequeue, in seconds: 5 s to 7 days, 30 minutes by default. */
  leaseSeconds: z.int().min(5).max(604_800).default(1_800),
  /** Hand out strictly the oldest file that is not acknowledged; one at a time. */
  ordered: z.boolean().default(false),
  enabled: z.boolean().default(true),
});
export type ConnectorDefinition = z.infer<typeof ConnectorDefinition>;

/** One kind of record in an export: where its rows come from and what they look like in the file. */
export const ExportEntity = z.strictObject({
  /** Name that partners know, e.g. `Customer groups`. */
  name: z
    .string()
    .min(1)
    .max(80)
    .regex(
      /^[^\p{Cc}\\/:*?"<>|]+$/u,
      'must not hold control characters or any of \\ / : * ? " < > |',
    ),
  source: SourceDefinition,
  ...Shape.shape,
});
export type ExportEntity = z.infer<typeof ExportEntity>;

/** What is exported, from where, in which shape, when. */
export const ExportDefinition = z
  .strictObject({
    description: z.string().max(1_000).optional(),
    fileType: FileType,
    /** One entity; several only in a data package. */
    entities: z.array(ExportEntity).min(1).max(50),
    format: FormatOptions,
    /** `gzip` by default; a data package is a zip and takes none. */
    compression: Compression.optional(),
    /** Without a schedule the export runs on request only. */
    schedule: Schedule.optional(),
    /** "Prevent upload when zero records": a run that finds nothing is recorded but publishes no file. */
    preventUploadWhenZeroRecords: z.boolean().default(true),
  })
  .superRefine((definition, context) => {
    if (definition.format.kind !== "package" && definition.entities.length > 1) {
      context.addIssue({
        code: "custom",
        path: ["entities"],
        message: `must be one entity in a ${definition.format.kind} file; several need format.kind "package"`,
      });
    }
    if (definition.format.kind === "package" && definition.compression === "gzip") {
      context.addIssue({
        code: "custom",
        path: ["compression"],
        message: 'must be "none": a data package is a zip and is compressed inside',
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
  });
export type ExportDefinition = z.infer<typeof ExportDefinition>;

/** Who gets which files. */
export const SubscriptionDefinition = z.strictObject({
  description: z.string().max(1_000).optional(),
  fileTypes: z.array(FileType).min(1).max(100),
  /** Narrows by the event's properties, e.g. `records gt 0 and entity eq 'Items'`. */
  filter: z.string().max(2_000).optional(),
  via: z.strictObject({ kind: z.literal("connector"), activityId: ActivityId }),
  enabled: z.boolean().default(true),
});
export type SubscriptionDefinition = z.infer<typeof SubscriptionDefinition>;

/** The kinds of definitions by the name they have in URLs. */
export const DEFINITION_KINDS = {
  connectors: ConnectorDefinition,
  exports: ExportDefinition,
  subscriptions: SubscriptionDefinition,
} as const;
export const DefinitionKind = z.enum(["connectors", "exports", "subscriptions"]);
export type DefinitionKind = z.infer<typeof DefinitionKind>;
export type DefinitionBody<Kind extends DefinitionKind> = z.infer<(typeof DEFINITION_KINDS)[Kind]>;
