import { once } from "node:events";
import { createRequire } from "node:module";
import rhea, { type Connection, type EventContext, type Receiver, type Session } from "rhea";
import { expect, test, vi } from "vitest";
import { prepareSession } from "../../src/amqp/shim-session.ts";
import { aMessage, aQueue, encoded } from "../builders.ts";
import { eventually } from "../eventually.ts";
import { connectRaw } from "../raw-client.ts";
import { startBus } from "../sdk.ts";

/*
 * One test for each thing that rhea does not do for a server. The other side is rhea too, so what both would get
 * wrong in the same way is written frame by frame.
 */

const frames = createRequire(import.meta.url)("rhea/lib/frames.js");

interface RawSession extends Session {
  output(frame: unknown, payload?: Buffer): void;
}

async function startQueue(bodies: readonly string[] = []) {
  const bus = await startBus({
    queues: [aQueue("orders"), aQueue("imports", { requiresSession: true })],
  });
  const connection = connectRaw(bus.server);
  const sender = connection.open_sender("orders");
  await once(sender, "sendable");
  for (const body of bodies) {
    sender.send({ body });
    await once(sender, "accepted");
  }
  return { ...bus, connection, sender, store: bus.namespace.store("orders") };
}

/** A receiver that settles by itself, in the mode in which the broker settles last. */
function openReceiver(from: Connection | Session, over: object = {}): Receiver {
  return from.open_receiver({
    source: "orders",
    autoaccept: false,
    rcv_settle_mode: 1,
    credit_window: 0,
    ...over,
  });
}

async function messages(receiver: Receiver, count: number): Promise<EventContext[]> {
  const contexts: EventContext[] = [];
  const { promise, resolve } = Promise.withResolvers<EventContext[]>();
  receiver.on("message", (context: EventContext) => {
    contexts.push(context);
    if (contexts.length === count) {
      resolve(contexts);
    }
  });
  receiver.add_credit(count);
  return promise;
}

test("messages keep the types of their values", async () => {
  const { sender, store } = await startQueue();

  sender.send({
    body: "a",
    application_properties: {
      byte: rhea.types.wrap_ubyte(5),
      long: rhea.types.wrap_long(5),
      float: rhea.types.wrap_float(0.5),
      time: rhea.types.wrap_timestamp(5),
      id: rhea.types.wrap_uuid(Buffer.alloc(16)),
    },
  });
  await once(sender, "accepted");

  const [stored] = store.messages.values();
  const types = [...(stored?.message.applicationProperties.values() ?? [])].map(({ type }) => type);
  expect(types).toEqual(["ubyte", "long", "float", "timestamp", "uuid"]);
});

test("adjacent deliveries settled differently in one go get each their own outcome", async () => {
  const { connection, namespace, store } = await startQueue(["a", "b", "c"]);
  const session = connection.create_session();
  session.begin();
  // The client has the same fault; this mends it there.
  prepareSession(session, 1_000_000);
  const [first, second, third] = await messages(openReceiver(session), 3);

  first?.delivery?.accept();
  second?.delivery?.reject({ condition: "com.microsoft:dead-letter", description: "" });
  third?.delivery?.accept();

  await eventually(() => store.messages.size).toBe(0);
  expect(namespace.store("orders/$DeadLetterQueue").messages.size).toBe(1);
});

test("a transfer waits for the attach when the client gives credit with its own", async () => {
  const { connection } = await startQueue(["a"]);

  const [context] = await messages(openReceiver(connection), 1);

  expect(context?.delivery?.tag).toHaveLength(16);
});

test("a drain is answered also when the credit has been used up", async () => {
  const { connection } = await startQueue(["a"]);
  const receiver = openReceiver(connection);
  await once(receiver, "receiver_open");
  const order: string[] = [];
  receiver.on("message", () => order.push("message"));
  receiver.on("receiver_drained", () => order.push("drained"));

  receiver.add_credit(1);
  receiver.drain_credit();
  await once(receiver, "receiver_drained");

  expect(order).toEqual(["message", "drained"]);
});

test("a drain gives back the credit that is left, and new credit counts from there", async () => {
  const { connection, sender } = await startQueue(["a"]);
  const receiver = openReceiver(connection);
  await once(receiver, "receiver_open");
  receiver.add_credit(5);
  receiver.drain_credit();
  await once(receiver, "receiver_drained");
  receiver.drain = false;
  sender.send({ body: "b" });
  await once(sender, "accepted");

  const [context] = await messages(receiver, 1);

  expect(context?.message?.body).toBe("b");
});

test("a session that a client gives up waiting for is forgotten, and its link's name free", async () => {
  const { connection, namespace } = await startQueue();
  const waiters = () => namespace.store("imports").sessionWaiters.size;
  const filter = { "com.microsoft:session-filter": null };
  const waiting = { name: "again", source: { address: "imports", filter } };
  const receiver = openReceiver(connection, waiting);
  await eventually(waiters).toBe(1);

  receiver.close();
  await eventually(waiters).toBe(0);

  // The client forgets its link only by force: nothing answers it.
  receiver.remove();
  const again = openReceiver(connection, waiting);
  await eventually(waiters).toBe(1);
  namespace.publish("imports", [aMessage({ group_id: "A" })]);
  await once(again, "receiver_open");
});

test("credit given while waiting for a session counts when it is got", async () => {
  const { connection, namespace } = await startQueue();
  const filter = { "com.microsoft:session-filter": null };
  const receiver = openReceiver(connection, { source: { address: "imports", filter } });
  const arrives = messages(receiver, 1);
  await eventually(() => namespace.store("imports").sessionWaiters.size).toBe(1);

  namespace.publish("imports", [aMessage({ group_id: "A", body: "first" })]);

  const [context] = await arrives;
  expect(context?.message?.body).toBe("first");
});

test("a client that ends its AMQP session gives up all that was opened in it", async () => {
  const { connection, namespace } = await startQueue();
  const lanes = () => [...namespace.store("imports").lanes.keys()];
  const session = connection.create_session();
  session.begin();
  const filter = { "com.microsoft:session-filter": "A" };
  await once(openReceiver(session, { source: { address: "imports", filter } }), "receiver_open");
  expect(lanes()).toEqual(["A"]);

  session.close();

  await eventually(lanes).toEqual([]);
});

test("two links of opposite directions may have one name", async () => {
  const { connection, sender } = await startQueue();
  const receiver = openReceiver(connection, { name: sender.name });
  const arrives = messages(receiver, 1);
  await once(receiver, "receiver_open");

  sender.send({ body: "both work" });

  const [context] = await arrives;
  expect(context?.message?.body).toBe("both work");
});

test("a refused link is attached to nothing, then detached with the reason", async () => {
  const { connection } = await startQueue();
  const receiver = connection.open_receiver("nope");
  const opened = once(receiver, "receiver_open");
  const failed = once(receiver, "receiver_error");

  await opened;
  expect(receiver.source).toMatchObject({ value: null });
  await failed;
  expect(receiver.error).toMatchObject({ condition: "amqp:not-found" });
});

test("a released message comes again as often as it is released", async () => {
  const { connection } = await startQueue(["a"]);
  const receiver = openReceiver(connection, { credit_window: 10 });
  const counts: unknown[] = [];

  await new Promise<void>((done) => {
    receiver.on("message", ({ message, delivery }: EventContext) => {
      counts.push(message?.delivery_count ?? 0);
      if (counts.length === 20) {
        done();
      } else {
        delivery?.release();
      }
    });
  });

  expect(counts).toEqual(Array(20).fill(0));
});

test("modified is not released as well", async () => {
  const { connection, store } = await startQueue(["a"]);
  const receiver = openReceiver(connection);
  const [context] = await messages(receiver, 1);

  context?.delivery?.modified({ undeliverable_here: true });
  await once(receiver, "settled");

  expect([...store.messages.values()]).toMatchObject([{ state: "deferred", deliveryCount: 1 }]);
});

test("a settlement that cannot be read is refused, and harms nobody", async () => {
  const { connection, store } = await startQueue(["a"]);
  const receiver = openReceiver(connection);
  const [context] = await messages(receiver, 1);
  const deep = Array.from({ length: 100 }).reduce<unknown>((inner) => [inner], "deep");

  context?.delivery?.modified({ message_annotations: { deep } });
  const [{ delivery }] = (await once(receiver, "settled")) as [EventContext];

  expect(delivery?.remote_state).toMatchObject({ error: { condition: "amqp:decode-error" } });
  expect(store.byLockToken.size).toBe(1);
});

test("an aborted message is dropped however much of it came, and the next one taken", async () => {
  const { sender, store } = await startQueue();
  const session = sender.session as RawSession;
  const transfer = (fields: object) => frames.transfer({ handle: 0, delivery_id: 0, ...fields });
  const first = { delivery_tag: Buffer.from("1"), message_format: 0, more: true };
  const next = { delivery_tag: Buffer.from("2"), message_format: 0, delivery_id: 1 };

  session.output(transfer(first), encoded({ subject: "aborted" }));
  session.output(transfer({ aborted: true }));
  session.output(transfer(next), encoded({ subject: "whole" }));

  await eventually(() => store.messages.size).toBe(1);
  const [stored] = store.messages.values();
  expect(stored?.message.system.subject).toBe("whole");
});

test("a disposition that spans four billion deliveries costs no more than those there are", () => {
  const session = rhea.create_container().create_connection().create_session() as Session & {
    outgoing: { deliveries: { by_id(id: number): unknown }; on_disposition(fields: unknown): void };
  };
  prepareSession(session, 1000);
  const lookUp = vi.spyOn(session.outgoing.deliveries, "by_id");

  session.outgoing.on_disposition(frames.disposition({ role: true, first: 0, last: 2 ** 32 - 1 }));

  expect(lookUp.mock.calls.length).toBeLessThan(5);
});
