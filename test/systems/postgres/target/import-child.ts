import { once } from "node:events";
import { aRequest, batchesOf, targetAt } from "./database.ts";
import { type ChildOrder, numberedRows } from "./import-in-child.ts";

/** A process that imports batch by batch, on its parent's command, until it is killed. */
const [order] = (await once(process, "message")) as [ChildOrder];
const target = targetAt(order.connectionString, order.definition);
const writer = await target.open(aRequest("no:integer name", { runId: order.runId }));
const failures: number[] = [];
for (const [index, batch] of batchesOf(numberedRows(order.rows), order.batchRows).entries()) {
  process.send?.({ kind: "ready" });
  await once(process, "message");
  const refused = await writer.write(batch, index * order.batchRows + 1);
  failures.push(...refused.map(({ row }) => row));
}
await writer.commit();
await writer.close();
process.send?.({ kind: "done", failures });
process.disconnect();
