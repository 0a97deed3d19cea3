import type { Orderer, OrdererOutcome } from "./world/orderer.ts";
import type { Sender, SenderOutcome } from "./world/sender.ts";
import type { Subscriber, SubscriberOutcome } from "./world/subscriber.ts";

/** An export: two slots with changes before each, and a third with none. */
export async function liveExport(world: Subscriber): Promise<SubscriberOutcome> {
  world.table.set("a", 1);
  world.table.set("b", 2);
  world.table.set("c", 3);
  world.clock.set("2026-03-01T11:00:05Z");
  await world.settle();
  world.table.set("b", 20);
  world.table.set("d", 4);
  world.clock.set("2026-03-01T12:00:05Z");
  await world.settle();
  world.clock.set("2026-03-01T13:00:05Z");
  await world.settle();
  return world.outcome();
}

/** The import of `liveImports`. */
export const LIVED_IMPORT = {
  format: { kind: "csv" },
  entities: [
    {
      name: "Things",
      columns: [
        { name: "id", required: true },
        { name: "amount", type: "integer" },
        { name: "name" },
      ],
      target: { kind: "postgres", connection: "db", table: "public.things", mode: "insert" },
    },
  ],
};

/**
 * Imports: the ordered connector receives a good file, one that is not of the kind, and another good one; the unordered
 * connector receives a file with bad rows, and an upload.
 */
export async function liveImports(world: Sender): Promise<SenderOutcome> {
  const { ordered, unordered } = world;
  await world.send(ordered, "1.csv", "id,amount,name\r\na1,1,x\r\na2,2,y\r\n");
  await world.send(ordered, "2.csv", "something,else\r\n1,2\r\n");
  await world.send(ordered, "3.csv", "id,amount,name\r\nc1,1,x\r\n");
  await world.send(
    unordered,
    "4.csv",
    "id,amount,name\r\nd1,1,x\r\nd2,two,x\r\nd3,3,refused\r\nd4,4,x\r\n,5,x\r\n",
  );
  await world.upload(unordered, "5.csv", "id,amount,name\r\ne1,1,x\r\n");
  await world.settle();
  return world.outcome();
}

/** The orders of `livePackages`. */
export const ORDER_IDS = ["first {order}", "second order", "third order"] as const;

/** Data packages: everything, what has changed since, and after a reset everything again. */
export async function livePackages(world: Orderer): Promise<OrdererOutcome> {
  world.table.set("a", 1);
  world.table.set("b", 2);
  world.table.set("c", 3);
  await world.exported(ORDER_IDS[0]);
  world.table.set("b", 20);
  await world.exported(ORDER_IDS[1]);
  await world.reset();
  await world.exported(ORDER_IDS[2]);
  return world.outcome(ORDER_IDS);
}
