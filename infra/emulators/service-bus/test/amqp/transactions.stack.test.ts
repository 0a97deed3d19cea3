import { once } from "node:events";
import rhea, {
  type Connection,
  type Delivery,
  type EventContext,
  type Message,
  type Sender,
} from "rhea";
import { expect, test } from "vitest";
import type { AmqpValue } from "../../src/broker/types.ts";
import { SECTION } from "../../src/message/message.ts";
import { encodeDescribed } from "../../src/message/value-writer.ts";
import { aMessage, aQueue, encoded } from "../builders.ts";
import { eventually } from "../eventually.ts";
import { connectRaw } from "../raw-client.ts";
import { startBus } from "../sdk.ts";

/* rhea does not know transactions, so their codes come from the AMQP specification, part 4. */

/** Scheduled for a time that no test sees. */
const LATER = {
  message_annotations: { "x-opt-scheduled-enqueue-time": new Date(Date.UTC(2999, 0, 1)) },
};

const [DECLARE, DISCHARGE] = [0x31n, 0x32n];
const TRANSACTIONAL = 0x34;

async function start() {
  const bus = await startBus({ queues: [aQueue("orders"), aQueue("shipments")] });
  const [orders, shipments] = [bus.namespace.store("orders"), bus.namespace.store("shipments")];
  const connection = connectRaw(bus.server);
  const coordinator = await openCoordinator(connection);
  return { ...bus, orders, shipments, connection, coordinator };
}

async function openCoordinator(connection: Connection): Promise<Sender> {
  const sender = connection.open_sender({ target: {} });
  const { attach } = (sender as unknown as { local: { attach: { target: unknown } } }).local;
  attach.target = rhea.types.wrap_described([], 0x30);
  await once(sender, "sendable");
  return sender;
}

/** Sends a body to the coordinator. @returns the state that it answers with: its code and fields */
async function tell(coordinator: Sender, code: bigint, fields: readonly AmqpValue[]) {
  // As bytes: rhea drops the descriptor of a value that is a body.
  const body = encodeDescribed(SECTION.value, {
    type: "described",
    descriptor: { type: "ulong", value: code },
    value: { type: "list", value: fields },
  });
  coordinator.send(body, undefined, 0);
  const [{ delivery }] = (await once(coordinator, "settled")) as [EventContext];
  return delivery?.remote_state as unknown as {
    descriptor?: { value: number };
    value: { value: Buffer }[];
    error?: { condition: string };
  };
}

async function declare(coordinator: Sender): Promise<Buffer> {
  const { value } = await tell(coordinator, DECLARE, []);
  return value[0]?.value as Buffer;
}

const discharge = (coordinator: Sender, id: Buffer, fail: boolean) =>
  tell(coordinator, DISCHARGE, [
    { type: "binary", value: id },
    { type: "boolean", value: fail },
  ]);

/** Position in a transfer. */
const STATE_FIELD = 7;

/** Sends a message within a transaction, and waits until the broker has it. */
async function sendIn(
  connection: Connection,
  id: Buffer,
  { to, message = { body: "a" } }: { readonly to: string; readonly message?: Message },
): Promise<Delivery> {
  const sender = connection.open_sender(to);
  await once(sender, "sendable");
  const state = rhea.types.wrap_described([rhea.types.wrap_binary(id)], TRANSACTIONAL);
  const delivery = sender.send(message);
  const { session } = sender as unknown as {
    session: { output(frame: { value: unknown[] }, payload?: Buffer): void };
  };
  const output = session.output.bind(session);
  session.output = (frame, payload) => {
    if (payload !== undefined) {
      frame.value[STATE_FIELD] = state;
    }
    output(frame, payload);
  };
  await once(sender, "settled");
  session.output = output;
  return delivery;
}

test("a message that is sent in a transaction is there once the transaction is discharged", async () => {
  const { connection, coordinator, orders, shipments } = await start();
  const id = await declare(coordinator);
  await sendIn(connection, id, { to: "orders" });
  await sendIn(connection, id, { to: "shipments" });
  expect([orders.messages.size, shipments.messages.size]).toEqual([0, 0]);

  await discharge(coordinator, id, false);

  expect([orders.messages.size, shipments.messages.size]).toEqual([1, 1]);
});

test("a transaction that is discharged as failed leaves nothing, and is over", async () => {
  const { connection, coordinator, orders } = await start();
  const id = await declare(coordinator);
  await sendIn(connection, id, { to: "orders" });

  await discharge(coordinator, id, true);

  expect(orders.messages.size).toBe(0);
  expect(await discharge(coordinator, id, false)).toMatchObject({
    error: { condition: "amqp:transaction:unknown-id" },
  });
});

test("a message whose client goes away within a transaction keeps its lock, and its place", async () => {
  const { connection, coordinator, orders, namespace } = await start();
  namespace.publish("orders", [aMessage()]);
  const id = await declare(coordinator);
  const receiver = connection.open_receiver({
    source: "orders",
    autoaccept: false,
    rcv_settle_mode: 1,
    credit_window: 1,
  });
  const [{ delivery }] = (await once(receiver, "message")) as [EventContext];
  const accepted = rhea.types.wrap_described([], 0x24);
  const state = rhea.types.wrap_described([rhea.types.wrap_binary(id), accepted], TRANSACTIONAL);
  delivery?.update(false, state as never);
  await eventually(() => [...orders.messages.values()][0]?.lock?.inTransaction).toBe(true);

  connection.close();

  await eventually(() => [...orders.messages.values()][0]?.lock?.inTransaction).toBe(false);
  expect(orders.messages.size).toBe(1);
});

test.each([
  ["schedule-message", { messages: [{ "message-id": "1", message: encoded(LATER) }] }],
  ["cancel-scheduled-message", { "sequence-numbers": rhea.types.wrap_array([1], 0x81, undefined) }],
])("%s is refused in a transaction, which goes on", async (operation, body) => {
  const { connection, coordinator, orders, namespace } = await start();
  namespace.publish("orders", [aMessage(LATER)]);
  const id = await declare(coordinator);
  const node = "orders/$management";
  const answered = once(connection.open_receiver(node), "message");

  await sendIn(connection, id, {
    to: node,
    message: { application_properties: { operation: `com.microsoft:${operation}` }, body },
  });

  const [{ message }] = (await answered) as [EventContext];
  expect(message?.application_properties).toMatchObject({
    statusCode: 501,
    errorCondition: "amqp:not-implemented",
  });
  await sendIn(connection, id, { to: "orders" });
  await discharge(coordinator, id, false);
  expect([...orders.messages.values()].map(({ state }) => state)).toEqual(["scheduled", "active"]);
});
