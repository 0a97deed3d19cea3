import type { DefinitionKind } from "../../contracts/definitions.ts";
import { AppError } from "../errors.ts";
import type { Ports } from "../ports.ts";
import { definitionId } from "./save-definition.ts";

/**
 * Deletes a definition. A connector that subscriptions still name is kept: its files would silently go nowhere.
 *
 * @param input.condition an ETag: must be that version; `"*"`: whatever version there is
 * @throws AppError `definition-not-found`, `definition-changed`, `definition-in-use`
 */
export async function deleteDefinition(
  ports: Pick<Ports, "definitions">,
  input: { kind: DefinitionKind; id: string; condition: string },
): Promise<void> {
  const id = definitionId(input.kind, input.id);
  if (input.kind === "connectors") {
    for await (const subscription of ports.definitions.all("subscriptions")) {
      if (subscription.body.via.activityId === id) {
        throw new AppError(
          "definition-in-use",
          `Cannot delete connector "${id}": subscription "${subscription.id}" delivers to it; delete that one first`,
        );
      }
    }
  }
  await ports.definitions.delete(input.kind, id, input.condition);
}
