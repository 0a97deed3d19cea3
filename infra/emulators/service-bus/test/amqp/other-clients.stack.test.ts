import { once } from "node:events";
import { createRequire } from "node:module";
import rhea, { type Connection, type EventContext, type Message, type Session } from "rhea";
import { expect, test } from "vitest";
import { aMessage, aQueue } from "../builders.ts";
import { eventually } from "../eventually.ts";
import { ask, connectRaw } from "../raw-client.ts";
import { connect, receiveOne, startBus } from "../sdk.ts";

/* Behaviour of clients other than the JavaScript SDK: Python's, .NET's and plain AMQP ones. */

const frames = createRequire(import.meta.url)("rhea/lib/frames.js");

interface RawSession extends Session {
  local: { channel: number };
  output(frame: unknown, payload?: Buffer): void;
}

async function start() {
  const bus = await startBus({
    queues: [aQueue("orders"), aQueue("imports", { requiresSession: true })],
  });
  return { ...bus, connection: connectRaw(bus.server) };
}

/** Sends a request that names no place for its answer. */
async function askWithoutReplyTo(
  connection: Connection,
  address: string,
  request: Partial<Message>,
): Promise<Message> {
  const receiver = connection.open_receiver({ source: address });
  const sender = connection.open_sender(address);
  await once(sender, "sendable");
  const answered = once(receiver, "message");
  sender.send({ message_id: "1", ...request } as Message);
  const [{ message }] = (await answered) as [EventContext];
  return message as Message;
}

test.each([
  ["$cbs", { "status-code": 501 }],
  ["orders/$management", { statusCode: 204 }],
])(
  "a request to %s without reply-to is answered to the receiver of that node",
  async (address, status) => {
    const { connection } = await start();

    const answer = await askWithoutReplyTo(connection, address, {
      application_properties: { operation: "com.microsoft:peek-message" },
      body: {
        "from-sequence-number": rhea.types.wrap_long(0),
        "message-count": rhea.types.wrap_int(1),
      },
    });

    expect(answer.application_properties).toMatchObject(status);
    expect(answer.correlation_id).toBe("1");
  },
);

test("what a sender in settle mode second sends is settled", async () => {
  const { connection, namespace } = await start();
  const sender = connection.open_sender({ target: "orders", rcv_settle_mode: 1 });
  await once(sender, "sendable");

  sender.send({ body: "a" });
  const [{ delivery }] = (await once(sender, "settled")) as [EventContext];

  expect(delivery?.remote_settled).toBe(true);
  expect(namespace.store("orders").messages.size).toBe(1);
});

test.each(["detach", "end", "close"] as const)(
  "a settlement that stands before the %s of a session's link counts",
  async (last) => {
    const { connection, namespace } = await start();
    const store = namespace.store("imports");
    namespace.publish("imports", [aMessage({ group_id: "s" }), aMessage({ group_id: "s" })]);
    const session = connection.create_session() as RawSession;
    session.begin();
    const receiver = session.open_receiver({
      source: {
        address: "imports",
        filter: { "com.microsoft:session-filter": rhea.types.wrap_described("s", 0x1370000000c) },
      } as never,
      autoaccept: false,
      rcv_settle_mode: 1,
      credit_window: 1,
    });
    await once(receiver, "message");

    // Written in one go, as a client does that completes and closes without waiting.
    session.output(
      frames.disposition({
        role: true,
        first: 0,
        last: 0,
        state: rhea.types.wrap_described([], 0x24),
        settled: false,
      }),
    );
    if (last === "detach") {
      session.output(frames.detach({ handle: 0, closed: true }));
    } else {
      (last === "end" ? session : connection).close();
    }

    await eventually(() => store.messages.size).toBe(1);
    await eventually(() => store.lanes.get("s")?.lock ?? null).toBe(null);
    expect(store.messages.size).toBe(1);
  },
);

test("a link that is attached again takes the place of the older, and the connection lives", async () => {
  const { connection, namespace } = await start();
  const [first, second] = [connection.create_session(), connection.create_session()];
  for (const session of [first, second]) {
    session.begin();
  }
  const older = first.open_receiver({ source: "orders", name: "same" });
  await once(older, "receiver_open");

  const newer = second.open_receiver({ source: "orders", name: "same" });
  await once(older, "receiver_error");

  expect(older.error).toMatchObject({ condition: "amqp:link:stolen" });
  namespace.publish("orders", [aMessage()]);
  const [{ message }] = (await once(newer, "message")) as [EventContext];
  expect(message?.body).toBe("body");
});

test("a session's link that is attached again takes the session's lock over", async () => {
  const { connection, namespace } = await start();
  namespace.publish("imports", [aMessage({ group_id: "s" })]);
  const session = connection.create_session() as RawSession;
  session.begin();
  const source = {
    address: "imports",
    filter: { "com.microsoft:session-filter": rhea.types.wrap_described("s", 0x1370000000c) },
  };
  const older = session.open_receiver({ source: source as never, name: "same" });
  await once(older, "receiver_open");
  const holder = () => namespace.store("imports").lanes.get("s")?.lock?.holder;
  const before = holder();

  const second = connection.create_session();
  second.begin();
  const newer = second.open_receiver({ source: source as never, name: "same" });
  await once(newer, "receiver_open");

  expect(holder()).not.toBe(before);
  expect(newer.is_open()).toBe(true);
});

test("a request that is too large is answered, whatever it asks for", async () => {
  const { connection } = await start();

  for (const bytes of [300_000, 800_000]) {
    const answer = await askWithoutReplyTo(connection, "orders/$management", {
      application_properties: { operation: "com.microsoft:schedule-message" },
      body: { messages: [{ message: Buffer.alloc(bytes) }] },
    });

    expect(answer.application_properties).toMatchObject({
      statusCode: 403,
      errorCondition: "amqp:link:message-size-exceeded",
    });
  }
});

test("a request that cannot be read is answered", async () => {
  const { connection } = await start();
  const deep = Array.from({ length: 100 }).reduce<unknown>((inner) => [inner], "deep");

  const answer = await askWithoutReplyTo(connection, "orders/$management", {
    application_properties: { operation: "com.microsoft:peek-message" },
    body: deep,
  });

  expect(answer.application_properties).toMatchObject({ statusCode: 400 });
});

test("a session's state may be as large as a message, and no larger", async () => {
  const { server, client } = await start();
  await client.createSender("imports").sendMessages({ body: "a", sessionId: "s" });
  const session = await connect(server).acceptSession("imports", "s");

  await session.setSessionState(Buffer.alloc(262_144, 1));

  expect((await session.getSessionState()).length).toBe(262_144);
  await expect(session.setSessionState(Buffer.alloc(262_145))).rejects.toMatchObject({
    code: "MessageSizeExceeded",
  });
});

test("an operation that is not known is refused as not implemented", async () => {
  const { connection } = await start();

  const answer = await ask(connection, "orders/$management", {
    operation: "com.microsoft:dance",
    body: {},
  });

  expect(answer.application_properties).toMatchObject({
    statusCode: 501,
    errorCondition: "amqp:not-implemented",
  });
});

test("frames for a session that has just ended are ignored, and the connection lives", async () => {
  const { connection, client } = await start();
  const session = connection.create_session() as RawSession;
  session.begin();
  const sender = session.open_sender("orders");
  await once(sender, "sendable");
  const flow = { next_incoming_id: 0, incoming_window: 9, next_outgoing_id: 0, outgoing_window: 9 };

  session.output(frames.end());
  session.output(frames.flow({ ...flow, handle: 0, delivery_count: 0, link_credit: 1 }));
  session.output(frames.disposition({ role: true, first: 0, last: 0, settled: true }));
  session.output(frames.detach({ handle: 0, closed: true }));
  session.output(frames.end());

  const alive = connection.open_sender("orders");
  await once(alive, "sendable");
  alive.send({ body: "still here" });
  expect((await receiveOne(client.createReceiver("orders"))).body).toBe("still here");
});

test("a filter that is not known is refused, not passed over", async () => {
  const { connection } = await start();
  const filter = { "com.example:odd": rhea.types.wrap_described("x", 0x1) };
  const receiver = connection.open_receiver({ source: { address: "orders", filter } as never });

  await once(receiver, "receiver_error");

  expect(receiver.error).toMatchObject({
    condition: "amqp:not-allowed",
    description: expect.stringContaining("contains invalid filter type"),
  });
});

test("peeked messages come without their bodies when asked so", async () => {
  const { connection, namespace } = await start();
  namespace.publish("orders", [aMessage({ subject: "a", body: "long" })]);

  const { body } = await ask(connection, "orders/$management", {
    operation: "com.microsoft:peek-message",
    body: {
      "from-sequence-number": rhea.types.wrap_long(0),
      "message-count": rhea.types.wrap_int(1),
      "omit-message-body": true,
    },
  });

  const peeked = rhea.message.decode(body.messages[0].message);
  expect(peeked).toMatchObject({ subject: "a" });
  expect(peeked.body).toBeUndefined();
});
