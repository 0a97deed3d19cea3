import type { Ports, StoredDefinition, UnreadableDefinition } from "../ports.ts";
import type { DefinitionKind } from "./definitions.ts";

/**
 * Every usable definition of the kind, in id order. An unusable one is skipped without ending the loop; the store has
 * logged the reason.
 *
 * @param onUnreadable called for each skipped definition, by loops that owe it something
 */
export async function* eachDefinition<Kind extends DefinitionKind>(
  ports: Pick<Ports, "definitions">,
  kind: Kind,
  onUnreadable: (definition: UnreadableDefinition) => void = () => undefined,
): AsyncGenerator<StoredDefinition<Kind>> {
  for await (const definition of ports.definitions.all(kind)) {
    if ("unreadable" in definition) {
      onUnreadable(definition);
    } else {
      yield definition;
    }
  }
}
