import { eachDefinition } from "../../domain/definitions/each-definition.ts";
import { requireKnownApplication } from "../../domain/definitions/require-known-application.ts";
import type { Ports } from "../../domain/ports.ts";
import type { SequencedEntity } from "./package-api.ts";

/**
 * The order in which entities are to be imported, what others refer to first: that of the imports and exports which the
 * application may use. Those that none of them has come last, as they were named.
 *
 * @throws AppError `application-unknown`
 */
export async function entitySequence(
  ports: Pick<Ports, "definitions">,
  { applicationId, names }: { applicationId: string; names: readonly string[] },
): Promise<SequencedEntity[]> {
  await requireKnownApplication(ports, applicationId);
  const known = [
    ...(await importedEntities(ports, applicationId)),
    ...(await exportedEntities(ports, applicationId)),
  ].map((name) => name.toLowerCase());
  const placeOf = (name: string): number => {
    const place = known.indexOf(name.toLowerCase());
    return place === -1 ? known.length : place;
  };
  return [...names]
    .sort((a, b) => placeOf(a) - placeOf(b))
    .map((EntityName, index) => ({
      EntityName,
      ExecutionUnit: 1,
      LevelInExecutionUnit: 1,
      SequenceInLevel: index + 1,
    }));
}

async function importedEntities(
  ports: Pick<Ports, "definitions">,
  applicationId: string,
): Promise<string[]> {
  const importIds = new Set<string>();
  for await (const { body } of eachDefinition(ports, "connectors")) {
    if (body.direction === "import" && body.enabled && body.applications.includes(applicationId)) {
      importIds.add(body.import);
    }
  }
  const names: string[] = [];
  for (const id of importIds) {
    const found = await ports.definitions.find("imports", id);
    names.push(...(found?.body.entities ?? []).map(({ name }) => name));
  }
  return names;
}

async function exportedEntities(
  ports: Pick<Ports, "definitions">,
  applicationId: string,
): Promise<string[]> {
  const names: string[] = [];
  for await (const { body } of eachDefinition(ports, "exports")) {
    if (body.packageApi?.applications.includes(applicationId)) {
      names.push(...body.entities.map(({ name }) => name));
    }
  }
  return names;
}
