import { z } from "zod";
import {
  ConnectorDefinition,
  type DefinitionKind,
  ExportDefinition,
  SubscriptionDefinition,
} from "../../domain/definitions/definitions.ts";
import { ImportDefinition } from "../../domain/imports/import-definition.ts";

const STORED = {
  id: z.string().describe("Stands in the address of the definition."),
  updatedAt: z.iso.datetime().describe("When it was changed last."),
  warnings: z
    .array(z.string().describe("In words."))
    .optional()
    .describe("What is taken, and probably not meant; in the answer to a change only."),
} as const;

const [exportConnector, importConnector] = ConnectorDefinition.options;

/** Definitions as operators are answered them: with every default in its place. */
export const STORED_DEFINITIONS = {
  connectors: z
    .discriminatedUnion("direction", [
      exportConnector.safeExtend(STORED),
      importConnector.safeExtend(STORED),
    ])
    .describe("A connector as it is kept, with every default in its place."),
  exports: ExportDefinition.safeExtend(STORED).describe(
    "An export as it is kept, with every default in its place.",
  ),
  imports: ImportDefinition.safeExtend(STORED).describe(
    "An import as it is kept, with every default in its place.",
  ),
  subscriptions: SubscriptionDefinition.safeExtend(STORED).describe(
    "A subscription as it is kept, with every default in its place.",
  ),
} as const satisfies Record<DefinitionKind, z.ZodType>;

/** A definition that this version cannot use, as operators are answered it. */
export const UnreadableAnswer = z
  .object({
    ...STORED,
    unreadable: z.string().describe("Why it cannot be used."),
    stored: z.unknown().describe("As it is stored."),
  })
  .describe(
    "A definition that cannot be used: another version stored it, or what it names is gone. It is skipped until it is stored again in a form that this version reads.",
  );
