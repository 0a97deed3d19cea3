import { randomBytes } from "node:crypto";
import { TableClient } from "@azure/data-tables";
import { BlobServiceClient } from "@azure/storage-blob";
import type { Ports } from "../../src/domain/ports.ts";
import { blobFiles } from "../../src/stores/blob-files.ts";
import { randomIds } from "../../src/stores/random-ids.ts";
import { tableDefinitions } from "../../src/stores/table-definitions.ts";
import { tableDeliveries } from "../../src/stores/table-deliveries.ts";
import { tableExecutions } from "../../src/stores/table-executions.ts";
import { tableLedger } from "../../src/stores/table-ledger.ts";
import { tableRuns } from "../../src/stores/table-runs.ts";
import { tableSubmissions } from "../../src/stores/table-submissions.ts";
import { DEFINITION_SCHEMAS } from "../../src/systems/index.ts";

export type StoragePorts = Pick<
  Ports,
  | "definitions"
  | "runs"
  | "executions"
  | "files"
  | "ledger"
  | "deliveries"
  | "submissions"
  | "ids"
  | "ticks"
  | "tickQueue"
>;

/** The real storage adapters on tables of their own, so that tests in one storage account do not meet. */
export async function storagePorts(connectionString: string): Promise<StoragePorts> {
  const suffix = randomBytes(6).toString("hex");
  const table = async (name: string): Promise<TableClient> => {
    const client = TableClient.fromConnectionString(connectionString, `${name}${suffix}`, {
      allowInsecureConnection: true,
    });
    await client.createTable();
    return client;
  };
  const runs = await table("runs");
  return {
    ids: randomIds,
    ticks: { last: async () => null, note: async () => undefined },
    tickQueue: { send: async () => undefined },
    definitions: tableDefinitions(await table("definitions"), DEFINITION_SCHEMAS),
    runs: tableRuns(runs),
    executions: tableExecutions(runs),
    ledger: tableLedger(await table("ledger")),
    deliveries: tableDeliveries(await table("messages")),
    submissions: tableSubmissions(await table("inbox")),
    files: blobFiles(BlobServiceClient.fromConnectionString(connectionString)),
  };
}
