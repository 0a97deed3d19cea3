import type { Definitions } from "../../src/domain/definitions/definition-store.ts";
import { tableDefinitions } from "../../src/stores/table-definitions.ts";
import { memoryTable } from "./memory-table.ts";
import { emptyTable } from "./memory-table-rows.ts";

/** The real store of definitions on a table in memory, for tests of what their versions and conditions decide. */
export function versionedDefinitions(): Definitions {
  return tableDefinitions(memoryTable(emptyTable()));
}
