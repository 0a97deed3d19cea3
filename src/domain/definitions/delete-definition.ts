import { wayOf } from "../deliveries/ways/ways.ts";
import { AppError } from "../errors.ts";
import type { Ports, UnreadableDefinition } from "../ports.ts";
import type { DefinitionKind } from "./definitions.ts";
import { repeatWhenChanged } from "./repeat-when-changed.ts";
import { definitionId } from "./save-definition.ts";

/**
 * Deletes a definition, unless another definition still names it: a subscription its connector, or a connector its
 * import. A connector also stays until all its files are imported.
 *
 * @param input.condition an ETag: it must be that version; `"*"`: any version
 * @param input.applicationId client id of the caller
 * @returns the deletion's number in the history
 * @throws AppError `definition-not-found`, `definition-changed`, `definition-in-use`
 */
export async function deleteDefinition(
  ports: Pick<Ports, "definitions" | "submissions" | "clock">,
  input: { kind: DefinitionKind; id: string; condition: string; applicationId: string },
): Promise<number> {
  const id = definitionId(input.kind, input.id);
  if (input.kind === "connectors") {
    await requireUnusedConnector(ports, id);
  }
  if (input.kind === "imports") {
    await requireUnusedImport(ports, id);
  }
  const { kind, condition: etag, applicationId } = input;
  // C27
  return repeatWhenChanged(etag, () =>
    ports.definitions.delete(kind, id, { etag, applicationId, at: ports.clock.now() }),
  );
}

async function requireUnusedConnector(
  ports: Pick<Ports, "definitions" | "submissions">,
  id: string,
): Promise<void> {
  for await (const subscription of ports.definitions.all("subscriptions")) {
    const isNamed =
      "unreadable" in subscription
        ? mayName(subscription, id)
        : wayOf(subscription.body.via).connectorOf(subscription.body.via) === id;
    if (isNamed) {
      throw new AppError(
        "definition-in-use",
        `Cannot delete connector "${id}": subscription "${subscription.id}" delivers to it; delete that one first`,
      );
    }
  }
  const [waiting] = await ports.submissions.owed(id, 1);
  if (waiting !== undefined) {
    throw new AppError(
      "definition-in-use",
      `Cannot delete connector "${id}": submission "${waiting.id}" is ${waiting.state}; wait until its files are imported, and disable the connector meanwhile`,
    );
  }
}

async function requireUnusedImport(ports: Pick<Ports, "definitions">, id: string): Promise<void> {
  for await (const connector of ports.definitions.all("connectors")) {
    const isNamed =
      "unreadable" in connector
        ? mayName(connector, id)
        : connector.body.direction === "import" && connector.body.import === id;
    if (isNamed) {
      throw new AppError(
        "definition-in-use",
        `Cannot delete import "${id}": connector "${connector.id}" takes files for it; delete that one first`,
      );
    }
  }
}

/** A definition that this version cannot read may still name the id, and becomes usable when it is mended. */
function mayName({ body }: UnreadableDefinition, id: string): boolean {
  return (JSON.stringify(body) ?? "").includes(`"${id}"`);
}
