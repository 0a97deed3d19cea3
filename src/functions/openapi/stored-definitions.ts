import { z } from "zod";
import type { DefinitionKind, DefinitionSchemas } from "../../domain/definitions/definitions.ts";

const STORED = {
  id: z.string().describe("Stands in the address of the definition."),
  updatedAt: z.iso.datetime().describe("When it was changed last."),
  warnings: z
    .array(z.string().describe("In words."))
    .optional()
    .describe("What is taken, and probably not meant; in the answer to a change only."),
} as const;

/** Definitions as operators are answered them: with every default in its place. */
export function storedDefinitions({ kinds }: DefinitionSchemas) {
  const [exportConnector, importConnector] = kinds.connectors.options;
  return {
    connectors: z
      .discriminatedUnion("direction", [
        exportConnector.safeExtend(STORED),
        importConnector.safeExtend(STORED),
      ])
      .describe("A connector as it is kept, with every default in its place."),
    exports: kinds.exports
      .safeExtend(STORED)
      .describe("An export as it is kept, with every default in its place."),
    imports: kinds.imports
      .safeExtend(STORED)
      .describe("An import as it is kept, with every default in its place."),
    subscriptions: kinds.subscriptions
      .safeExtend(STORED)
      .describe("A subscription as it is kept, with every default in its place."),
  } as const satisfies Record<DefinitionKind, z.ZodType>;
}
export type StoredDefinitionSchemas = ReturnType<typeof storedDefinitions>;

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
