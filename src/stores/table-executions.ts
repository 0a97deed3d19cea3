import { createHash, randomUUID } from "node:crypto";
import { odata, type TableClient } from "@azure/data-tables";
import type { Execution, Executions } from "../domain/exports/executions.ts";
import { commitOnce, firstRows, fromRow, getRow, type Key, toRow } from "./table-rows.ts";

/** Most orders under one id that are read. */
const MAX_ORDERS = 1_000;

/**
 * The run of an execution id, in the table of the runs. PartitionKey = `execution:<hash of the id>`, RowKey = `<export
 * id>:<application id>`.
 *
 * Partners choose their ids, and keys cannot hold every character. Therefore the id is hashed.
 */
export function tableExecutions(table: TableClient): Executions {
  return {
    claim: async (execution) => {
      const written = { key: keyOf(execution), writeId: randomUUID() };
      const row = toRow(written.key, execution, written.writeId);
      if (await commitOnce(table, [["create", row]], written)) {
        return execution;
      }
      const earlier = await getRow(table, written.key);
      if (earlier === null) {
        throw new Error(`Cannot record execution "${execution.executionId}": the table refused it`);
      }
      return fromRow<Execution>(earlier);
    },

    replace: async (execution) => {
      await table.upsertEntity(toRow(keyOf(execution), execution), "Replace");
    },

    find: async (executionId) => {
      const filter = odata`PartitionKey eq ${partitionOf(executionId)}`;
      const rows = await firstRows(table, filter, MAX_ORDERS);
      return rows.map((row) => fromRow<Execution>(row));
    },
  };
}

function keyOf({ executionId, exportId, run }: Execution): Key {
  return {
    partitionKey: partitionOf(executionId),
    rowKey: `${exportId}:${run.package.applicationId}`,
  };
}

function partitionOf(executionId: string): string {
  return `execution:${createHash("sha256").update(executionId).digest("hex")}`;
}
