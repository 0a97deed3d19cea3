import { AppError } from "../errors.ts";
import type { UnreadableDefinition } from "../ports.ts";
import type { DefinitionKind } from "./definitions.ts";

/** The failure of work whose definition cannot be used now. It passes when the definition is mended. */
export function unreadable(kind: DefinitionKind, definition: UnreadableDefinition): AppError {
  return new AppError(
    "definition-unreadable",
    `Cannot use "${kind}/${definition.id}": ${definition.unreadable}; store it again in a form that this version reads`,
  );
}
