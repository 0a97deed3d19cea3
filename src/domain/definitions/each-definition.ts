import type { Ports, StoredDefinition, UnreadableDefinition } from "../ports.ts";
import type { DefinitionKind } from "./definitions.ts";

/**
 * Every definition of the kind that can be used, in id order. One that cannot be used ends no loop: it is skipped, and
 * the store has logged why.
 *
 * @param onUnreadable told of each that is skipped, by loops that owe it something
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
