import type { DefinitionKind } from "../../contracts/definitions.ts";
import { AppError } from "../errors.ts";
import type { Ports, StoredDefinition } from "../ports.ts";
import { definitionId } from "./save-definition.ts";

/** @throws AppError `definition-not-found` */
export async function findDefinition<Kind extends DefinitionKind>(
  ports: Pick<Ports, "definitions">,
  kind: Kind,
  id: string,
): Promise<StoredDefinition<Kind>> {
  const definition = await ports.definitions.find(kind, definitionId(kind, id));
  if (definition === null) {
    throw new AppError(
      "definition-not-found",
      `Cannot find "${kind}/${id}": there is no such definition`,
    );
  }
  return definition;
}
