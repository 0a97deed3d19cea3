import type { TableClient } from "@azure/data-tables";
import type { Ticks } from "../domain/ticks/ticks.ts";
import { fromRow, getRow, toRow } from "./table-rows.ts";

const keyOf = (chore: string) => ({ partitionKey: "tick", rowKey: chore });

/** The last time of each kind of chore, one row each. */
export function tableTicks(table: TableClient): Ticks {
  return {
    last: async (chore) => {
      const row = await getRow(table, keyOf(chore));
      return row === null ? null : fromRow<{ at: Date }>(row).at;
    },

    note: async (chore, at) => {
      await table.upsertEntity(toRow(keyOf(chore), { at }), "Replace");
    },
  };
}
