import { z } from "zod";
import type { DefinitionKind, DefinitionSchemas } from "../domain/definitions/definitions.ts";
import { FormatOptions, ImportFormat } from "../domain/definitions/file-formats.ts";
import { Schedule } from "../domain/exports/schedule-definition.ts";
import { ImportColumn } from "../domain/imports/import-column.ts";
import { CONNECTORS, EXPORTS, IMPORTS, SCHEDULES, SUBSCRIPTIONS } from "./definition-examples.ts";
import type { Api } from "./openapi/document.ts";

/** Members that a definition has in answers only. */
export const OF_ANSWERS = {
  id: z.string().describe("Stands in the address of the definition."),
  version: z
    .int()
    .min(0)
    .describe("Number of its last change in its history; 0: stored before there were histories."),
  updatedAt: z.iso.datetime().describe("When it was changed last."),
  updatedBy: z
    .string()
    .nullable()
    .describe("Client id of who changed it last; null: stored before that was kept."),
  warnings: z
    .array(z.string().describe("In words."))
    .optional()
    .describe("Accepted values that are probably mistakes. Only answers to a change have them."),
} as const;

/** Definitions as operators are answered them: with every default in its place. */
export function storedDefinitions({ kinds }: DefinitionSchemas) {
  const [exportConnector, importConnector] = kinds.connectors.options;
  return {
    connectors: z
      .discriminatedUnion("direction", [
        exportConnector.safeExtend(OF_ANSWERS),
        importConnector.safeExtend(OF_ANSWERS),
      ])
      .describe("A connector as it is kept, with every default in its place."),
    exports: kinds.exports
      .safeExtend(OF_ANSWERS)
      .describe("An export as it is kept, with every default in its place."),
    imports: kinds.imports
      .safeExtend(OF_ANSWERS)
      .describe("An import as it is kept, with every default in its place."),
    subscriptions: kinds.subscriptions
      .safeExtend(OF_ANSWERS)
      .describe("A subscription as it is kept, with every default in its place."),
  } as const satisfies Record<DefinitionKind, z.ZodType>;
}
type StoredDefinitionSchemas = ReturnType<typeof storedDefinitions>;

/** A definition that this version cannot use, as operators are answered it. */
export const UnreadableAnswer = z
  .object({
    ...OF_ANSWERS,
    unreadable: z.string().describe("Why it cannot be used."),
    stored: z.unknown().describe("As it is stored."),
  })
  .meta({
    id: "UnreadableDefinition",
    description:
      "A definition that cannot be used: another version stored it, or what it names is gone. It is skipped until it is stored again in a form that this version reads.",
  });

/** A change of a definition, as its history tells operators. */
export const ChangeAnswer = z
  .object({
    version: z
      .int()
      .describe(
        "Numbers the changes of an id: 1, 2, 3, ... without gaps, also past a deletion. A definition has the number of its last change.",
      ),
    action: z
      .enum(["created", "replaced", "deleted", "found"])
      .describe("`found`: it was there before its history began."),
    at: z.iso.datetime().describe("When."),
    applicationId: z
      .string()
      .nullable()
      .describe("Client id of who asked for it; null when it was found."),
    changed: z
      .array(z.string().describe("Name of a member."))
      .describe("Members that a replacement changed; else empty."),
    definition: z
      .unknown()
      .describe(
        "The whole definition as it was stored; of a deletion, as it was deleted. It may be one that this version cannot use.",
      ),
  })
  .describe("Who did what to a definition, and when.");

/**
 * Names of the schemas of definitions in the document. A stored definition has
 * every default filled in, so its schema differs from the one for requests.
 */
export function definitionNames(
  { kinds, parts }: DefinitionSchemas,
  stored: StoredDefinitionSchemas,
): Api["names"] {
  const { entity, source, target } = parts;
  return {
    requests: {
      ConnectorDefinition: { schema: kinds.connectors, examples: CONNECTORS },
      ExportDefinition: { schema: kinds.exports, examples: EXPORTS },
      ExportEntity: { schema: entity },
      FormatOptions: { schema: FormatOptions },
      ImportColumn: { schema: ImportColumn },
      ImportDefinition: { schema: kinds.imports, examples: IMPORTS },
      ImportFormat: { schema: ImportFormat },
      ImportTarget: { schema: target },
      Schedule: { schema: Schedule, examples: SCHEDULES },
      SourceDefinition: { schema: source },
      SubscriptionDefinition: { schema: kinds.subscriptions, examples: SUBSCRIPTIONS },
    },
    answers: {
      StoredConnector: { schema: stored.connectors },
      StoredExport: { schema: stored.exports },
      StoredExportEntity: { schema: entity },
      StoredFormatOptions: { schema: FormatOptions },
      StoredImport: { schema: stored.imports },
      StoredImportColumn: { schema: ImportColumn },
      StoredImportFormat: { schema: ImportFormat },
      StoredImportTarget: { schema: target },
      StoredSchedule: { schema: Schedule },
      StoredSource: { schema: source },
      StoredSubscription: { schema: stored.subscriptions },
    },
  };
}
