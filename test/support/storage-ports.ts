import { randomBytes } from "node:crypto";
import { TableClient } from "@azure/data-tables";
import { BlobServiceClient } from "@azure/storage-blob";
import { blobFiles } from "../../src/adapters/blob-files.ts";
import { randomIds } from "../../src/adapters/random-ids.ts";
import { tableDefinitions } from "../../src/adapters/table-definitions.ts";
import { tableExecutions } from "../../src/adapters/table-executions.ts";
import { tableInbox } from "../../src/adapters/table-inbox.ts";
import { tableLedger } from "../../src/adapters/table-ledger.ts";
import { tableMessages } from "../../src/adapters/table-messages.ts";
import { tableRuns } from "../../src/adapters/table-runs.ts";
import type { Ports } from "../../src/domain/ports.ts";

export type StoragePorts = Pick<
  Ports,
  | "definitions"
  | "runs"
  | "executions"
  | "files"
  | "ledger"
  | "messages"
  | "inbox"
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
    definitions: tableDefinitions(await table("definitions")),
    runs: tableRuns(runs),
    executions: tableExecutions(runs),
    ledger: tableLedger(await table("ledger")),
    messages: tableMessages(await table("messages")),
    inbox: tableInbox(await table("inbox")),
    files: blobFiles(BlobServiceClient.fromConnectionString(connectionString)),
  };
}
