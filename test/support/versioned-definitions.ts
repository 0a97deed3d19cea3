import type { Definitions } from "../../src/domain/definitions/definition-store.ts";
import { tableDefinitions } from "../../src/stores/table-definitions.ts";
import { DEFINITION_SCHEMAS } from "../../src/systems/index.ts";
import { memoryTable } from "./memory-table.ts";
import { emptyTable } from "./memory-table-rows.ts";

/** The real store of definitions on a table in memory, for tests of versions and conditions. */
export function versionedDefinitions(): Definitions {
  return tableDefinitions(memoryTable(emptyTable()), DEFINITION_SCHEMAS);
}
