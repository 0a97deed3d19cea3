import { TableServiceClient } from "@azure/data-tables";
import topology from "../topology.json" with { type: "json" };

/** Creates the tables that the deployment creates in Azure. Existing tables stay as they are. */
export async function provisionStorage(connectionString: string): Promise<void> {
  const service = TableServiceClient.fromConnectionString(connectionString, {
    allowInsecureConnection: true,
  });
  await Promise.all(Object.values(topology.tables).map((table) => service.createTable(table)));
}
