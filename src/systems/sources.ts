import type { SourceDefinition } from "../domain/definitions/source-definition.ts";
import type { Connections, Source } from "../domain/source.ts";
import { httpJsonSource } from "./http-json/source/http-json-source.ts";
import { postgresSource } from "./postgres/source/postgres-source.ts";
import { closePostgresPools } from "./postgres/source/session.ts";

/** The source that a definition describes. Opens nothing before its first read. */
export function openSource(definition: SourceDefinition, connections: Connections): Source {
  switch (definition.kind) {
    case "postgres":
      return postgresSource(definition, connections);
    case "http-json":
      return httpJsonSource(definition, connections);
  }
}

/** Closes what sources keep open between reads; reads under way must have ended. */
export function closeSources(): Promise<void> {
  return closePostgresPools();
}
