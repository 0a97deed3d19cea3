import { Guid } from "../../domain/ids.ts";
import type { LogFacts } from "../../domain/log-events.ts";

/** Meaning of `{id}` in the routes of functions, by the beginning of their names. */
const ID_OF: readonly (readonly [prefix: string, fact: string])[] = [
  ["connectors-", "connectorId"],
  ["exports-", "exportId"],
  ["imports-", "importId"],
  ["submissions-", "submissionId"],
  ["definitions-", "id"],
];

/** Other names in paths, and what log lines call them. */
const FACT_OF: Readonly<Record<string, string>> = {
  activityId: "connectorId",
  connectorId: "connectorId",
  deliveryId: "deliveryId",
  fileType: "fileType",
  sequence: "sequence",
  subscriptionId: "subscriptionId",
  kind: "kind",
};

const MAX_LENGTH = 100;

/** The subject of a request from its path, under the names that all log lines use. */
export function requestFacts(
  functionName: string,
  params: Readonly<Record<string, string>>,
): LogFacts {
  const idFact = ID_OF.find(([prefix]) => functionName.startsWith(prefix))?.[1];
  const named = Object.entries(FACT_OF).map(([name, fact]) => [fact, params[name]] as const);
  const all = idFact === undefined ? named : [...named, [idFact, params.id] as const];
  return Object.fromEntries(
    all.flatMap(([name, value]) => (value === undefined ? [] : [[name, spelled(value)]])),
  );
}

/** Ids as other lines spell them. */
function spelled(value: string): string {
  const guid = Guid.safeParse(value);
  return guid.success ? guid.data : value.slice(0, MAX_LENGTH);
}
