import type { TableClient } from "@azure/data-tables";
import type { Consent, Consents } from "../domain/deliveries/webhook/consent.ts";
import { fromRow, getRow, toRow } from "./table-rows.ts";

const keyOf = (subscriptionId: string) => ({
  partitionKey: "webhook-consent",
  rowKey: subscriptionId,
});

/** The last answer of each webhook's receiver to the question of consent, one row per subscription. */
export function tableConsents(table: TableClient): Consents {
  return {
    find: async (subscriptionId) => {
      const row = await getRow(table, keyOf(subscriptionId));
      return row === null ? null : fromRow<Consent>(row);
    },

    put: async (subscriptionId, consent) => {
      await table.upsertEntity(toRow(keyOf(subscriptionId), consent), "Replace");
    },
  };
}
