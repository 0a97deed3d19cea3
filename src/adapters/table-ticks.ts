import type { TableClient } from "@azure/data-tables";
import type { Ticks } from "../domain/ticks/ticks.ts";
import { fromRow, getRow, toRow } from "./table-rows.ts";

const KEY = { partitionKey: "tick", rowKey: "last" } as const;

/** When the chores were done last: one row. */
export function tableTicks(table: TableClient): Ticks {
  return {
    last: async () => {
      const row = await getRow(table, KEY);
      return row === null ? null : fromRow<{ at: Date }>(row).at;
    },

    note: async (at) => {
      await table.upsertEntity(toRow(KEY, { at }), "Replace");
    },
  };
}
