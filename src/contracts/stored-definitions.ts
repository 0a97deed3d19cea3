import { z } from "zod";
import {
  ConnectorDefinition,
  type DefinitionKind,
  ExportDefinition,
  SubscriptionDefinition,
} from "./definitions.ts";
import { ImportDefinition } from "./import-definition.ts";

const STORED = {
  id: z.string().describe("Stands in the address of the definition."),
  updatedAt: z.iso.datetime(),
} as const;

const [exportConnector, importConnector] = ConnectorDefinition.options;

/** Definitions as operators are answered them: with every default in its place. */
export const STORED_DEFINITIONS = {
  connectors: z.discriminatedUnion("direction", [
    exportConnector.safeExtend(STORED),
    importConnector.safeExtend(STORED),
  ]),
  exports: ExportDefinition.safeExtend(STORED),
  imports: ImportDefinition.safeExtend(STORED),
  subscriptions: SubscriptionDefinition.safeExtend(STORED),
} as const satisfies Record<DefinitionKind, z.ZodType>;
