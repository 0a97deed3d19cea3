import type { TableClient } from "@azure/data-tables";
import { tableDefinitions } from "../../src/stores/table-definitions.ts";
import { DEFINITION_SCHEMAS } from "../../src/systems/index.ts";
import { aConnector, aDeletion } from "./stored-things.ts";

/** Answers of the definitions' store to one caller after the other. */
export async function definitionsLife(table: TableClient): Promise<unknown> {
  const definitions = tableDefinitions(table, DEFINITION_SCHEMAS);
  const connector = aConnector({ id: "6d31e09f-0249-4f0a-9d6c-1f0e3c5b7a91" });
  const put = (condition: string | null) =>
    definitions.put("connectors", connector, condition).then(
      ({ body }) => body,
      ({ code }) => code,
    );
  return [
    [await put(null), await put(null), await put("*"), await put(`W/"datetime'1'"`)],
    (await definitions.list("connectors", { limit: 1_000, after: null })).items.map(({ id }) => id),
    await definitions.delete("connectors", connector.id, aDeletion()),
    await definitions.find("connectors", connector.id),
    [
      await put(null),
      await definitions.history("connectors", connector.id, { before: 4, limit: 2 }),
    ],
  ];
}
