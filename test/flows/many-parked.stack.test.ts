import { afterEach, expect, test } from "vitest";
import { arrived, dequeued, rejected } from "../../src/domain/deliveries/delivery.ts";
import { originOf } from "../../src/domain/deliveries/delivery-id.ts";
import { ownQueueOf } from "../../src/domain/deliveries/queue-id.ts";
import type { Ports } from "../../src/domain/ports.ts";
import { tableDeliveries } from "../../src/stores/table-deliveries.ts";
import { tableOwnQueues } from "../../src/stores/table-own-queues.ts";
import { aFile } from "../support/file.ts";
import { type Call, memoryTable } from "../support/memory-table.ts";
import { emptyTable } from "../support/memory-table-rows.ts";
import { newSecret } from "../support/webhook-connection.ts";
import { answer, type Receiver, webhookReceiver } from "../support/webhook-receiver.ts";
import { webhookWorld } from "../support/world/webhooks.ts";

const PARKED = 10_000;
const QUEUE = ownQueueOf({ id: "partner", incarnation: "first life" });
const open: Receiver[] = [];

afterEach(() => {
  for (const receiver of open.splice(0)) {
    receiver.close();
  }
});

/** Parks a delivery as failed attempts do. */
async function park({ deliveries }: Pick<Ports, "deliveries">, sequence: number): Promise<void> {
  const now = new Date("2026-02-01T10:00:00Z");
  const file = aFile({ fileType: "Shop.Old", sequence, publishedAt: now });
  const queueId = QUEUE;
  const waiting = arrived({ queueId, origin: originOf(file), file, now });
  const lease = { receipt: "receipt", now, leaseMs: 1_000, ordered: false };
  const leased = dequeued(waiting, lease);
  const parked = rejected(leased, lease.receipt, { reason: "no answer", now });
  await deliveries.insert(waiting);
  await deliveries.replace(waiting, leased);
  await deliveries.replace(leased, parked);
}

/** @returns requests to the table, and rows that they gave, for one new file beside so many parked ones */
async function workBeside(
  parked: number,
): Promise<{ brought: number; calls: number; rows: number }> {
  const work = { calls: 0, rows: 0 };
  const counted: Call = async (_, effect) => {
    const result = effect();
    work.calls++;
    work.rows += Array.isArray(result) ? result.length : 1;
    return result;
  };
  const table = memoryTable(emptyTable(), counted);
  const stores = { deliveries: tableDeliveries(table), ownQueues: tableOwnQueues(table) };
  const world = await webhookWorld({ change: () => stores });
  const receiver = await webhookReceiver(answer(200));
  open.push(receiver);
  world.set("partner", { url: `${receiver.base}/`, secrets: [newSecret()] });
  await world.subscribe("partner");
  for (let sequence = 1; sequence <= parked; sequence++) {
    await park(world.ports, sequence);
  }
  Object.assign(work, { calls: 0, rows: 0 });

  await world.publish();
  await world.runUntil(world.clock.now());

  return { brought: receiver.received.length, ...work };
}

test(`${PARKED} parked files of a webhook delay a new one by nothing, and cost it no request and no row`, async () => {
  const alone = await workBeside(0);
  const beside = await workBeside(PARKED);

  expect(alone.brought).toBe(1);
  expect(beside).toEqual(alone);
});
