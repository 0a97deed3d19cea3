import { AppError } from "../errors.ts";
import type { AnyDefinition, Ports, StoredDefinition } from "../ports.ts";
import type { DefinitionKind } from "./definitions.ts";
import { definitionId } from "./save-definition.ts";
import { unreadable } from "./unreadable.ts";

/** The definition, even if it cannot be used. @throws AppError `definition-not-found` */
export async function findDefinition<Kind extends DefinitionKind>(
  ports: Pick<Ports, "definitions">,
  kind: Kind,
  id: string,
): Promise<AnyDefinition<Kind>> {
  const definition = await ports.definitions.findAny(kind, definitionId(kind, id));
  if (definition === null) {
    throw new AppError(
      "definition-not-found",
      `Cannot find "${kind}/${id}": there is no such definition`,
    );
  }
  return definition;
}

/** The usable definition. @throws AppError `definition-not-found`, `definition-unreadable` */
export async function usableDefinition<Kind extends DefinitionKind>(
  ports: Pick<Ports, "definitions">,
  kind: Kind,
  id: string,
): Promise<StoredDefinition<Kind>> {
  const definition = await findDefinition(ports, kind, id);
  if ("unreadable" in definition) {
    throw unreadable(kind, definition);
  }
  return definition;
}
