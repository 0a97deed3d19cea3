import { once } from "node:events";
import { aRequest, targetAt } from "./database.ts";

export interface MemoryOrder {
  readonly connectionString: string;
  readonly batches: number;
}

/** A process with little memory that imports much more: each batch has 1 MB of cells, and one bad row. */
const [{ connectionString, batches }] = (await once(process, "message")) as [MemoryOrder];
const target = targetAt(connectionString, { table: "public.much", mode: "insert" });
const writer = await target.open(aRequest("no:integer note", { atomic: true }));
let refused = 0;
let largestExternalBytes = 0;
for (let batch = 0; batch < batches; batch += 1) {
  const rows = Array.from({ length: 1_000 }, (_, index) => [
    index === 500 ? "bad" : String(batch * 1_000 + index),
    `${batch}-${index}`.padEnd(1_000, "x"),
  ]);
  const failures = await writer.write(rows, batch * 1_000 + 1);
  refused += failures.length;
  largestExternalBytes = Math.max(largestExternalBytes, process.memoryUsage().external);
}
await writer.commit();
await writer.close();
process.send?.({ refused, largestExternalBytes });
process.disconnect();
