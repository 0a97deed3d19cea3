import { definitionSchemas } from "../domain/definitions/definitions.ts";
import type { SystemDefinition, SystemSchema } from "../domain/definitions/system-definition.ts";
import type { Connections, Source } from "../domain/source.ts";
import type { Target } from "../domain/target.ts";
import { blob } from "./blob/system.ts";
import { httpJson } from "./http-json/system.ts";
import { postgres } from "./postgres/system.ts";
import type { ConnectionReader, Opener, System } from "./system.ts";
import { webhook } from "./webhook/system.ts";

/** Every system, one line each. The rest of this file and the API's description are derived from this list. */
export const SYSTEMS: readonly System[] = [postgres, httpJson, blob, webhook];

/** Schemas of definitions, with the sources and targets of the systems. */
export const DEFINITION_SCHEMAS = definitionSchemas({
  sources: schemasOf(({ source }) => source),
  targets: schemasOf(({ target }) => target),
});

/** Readers of connections in the app's settings. */
export const CONNECTION_READERS: readonly ConnectionReader[] = SYSTEMS.map(
  ({ connection }) => connection,
);

/** The source of a definition. It opens nothing before its first read. */
export function openSource(definition: SystemDefinition, connections: Connections): Source {
  return openerOf(definition, ({ source }) => source).open(definition, connections);
}

/** The target of a definition. It opens nothing before its first writer. */
export function openTarget(definition: SystemDefinition, connections: Connections): Target {
  return openerOf(definition, ({ target }) => target).open(definition, connections);
}

/**
 * Closes what systems keep open between reads and writes, which must have ended.
 *
 * @internal For programs that end by themselves, as the benchmark; the platform ends the app.
 */
export async function closeSystems(): Promise<void> {
  await Promise.all(SYSTEMS.map(({ close }) => close()));
}

type Choice<Opened> = (system: System) => Opener<Opened> | undefined;

function schemasOf(choose: Choice<unknown>): readonly [SystemSchema, ...SystemSchema[]] {
  const [first, ...others] = SYSTEMS.flatMap((system) => choose(system)?.schema ?? []);
  if (first === undefined) {
    throw new Error("Cannot read definitions: no system has a schema for them");
  }
  return [first, ...others];
}

/** @throws Error when the system does not exist; definitions that were read always name one */
function openerOf<Opened>({ kind }: SystemDefinition, choose: Choice<Opened>): Opener<Opened> {
  const system = SYSTEMS.find((one) => one.kind === kind);
  const opener = system && choose(system);
  if (opener === undefined) {
    throw new Error(`Cannot use a definition of kind "${kind}": no system has it`);
  }
  return opener;
}
