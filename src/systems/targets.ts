import type { TargetDefinition } from "../domain/definitions/target-definition.ts";
import type { Connections } from "../domain/source.ts";
import type { Target } from "../domain/target.ts";
import { httpJsonTarget } from "./http-json/target/http-json-target.ts";
import { postgresTarget } from "./postgres/target/postgres-target.ts";

/** The target that a definition describes. Opens nothing before its first writer. */
export function openTarget(definition: TargetDefinition, connections: Connections): Target {
  switch (definition.kind) {
    case "postgres":
      return postgresTarget(definition, connections);
    case "http-json":
      return httpJsonTarget(definition, connections);
  }
}
