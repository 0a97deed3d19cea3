import { once } from "node:events";
import type { Connection, Receiver, Sender } from "rhea";
import rhea from "rhea";
import { expect, test } from "vitest";
import type { Entity, QueueConfig } from "../../src/broker/types.ts";
import { endOf, putToken } from "../raw-client.ts";
import { type GuardedBus, LISTEN, permit, ROOT, SEND, startGuarded } from "./guarded-bus.ts";

const LIFE_S = 20;
const LIFE_MS = LIFE_S * 1000;

async function openAll(...links: (Sender | Receiver)[]) {
  await Promise.all(
    links.map((link) => once(link, link.is_sender() ? "sendable" : "receiver_open")),
  );
  return links;
}

const everyLink = (connection: Connection, address: string) =>
  openAll(
    connection.open_sender(address),
    connection.open_receiver({ source: address, credit_window: 0 }),
    connection.open_sender(`${address}/$management`),
    connection.open_receiver(`${address}/$management`),
  );

const put = (bus: GuardedBus, connection: Connection, path: string) =>
  permit(bus, connection, { path, rule: ROOT, seconds: LIFE_S });

const putForAnHour = (bus: GuardedBus, connection: Connection, path: string) =>
  permit(bus, connection, { path, rule: ROOT, seconds: 3600 });

test("when a token expires every link of its entity is dropped at once, and no other", async () => {
  const bus = await startGuarded();
  const connection = await bus.anonymous();
  await put(bus, connection, "orders");
  await putForAnHour(bus, connection, "secret");
  const links = await everyLink(connection, "orders");
  const others = await everyLink(connection, "secret");
  const ends = Promise.all(links.map(endOf));
  bus.clock.advance(LIFE_MS - 1000);
  expect(links.every((link) => link.is_open())).toBe(true);

  bus.clock.advance(1000);

  const [sender, receiver, request] = await ends;
  expect(sender).toEqual({
    condition: "amqp:link:detach-forced",
    description: `The link '${links[0]?.name}' is force detached. Code: RenewToken. Details: Unauthorized access. 'Send' claim(s) are required to perform this operation. Resource: 'sb://sbemulatorns/orders'.`,
  });
  expect(receiver?.description).toContain("'Listen' claim(s) are required");
  expect(request?.description).toContain("orders/$management");
  expect(others.every((link) => link.is_open())).toBe(true);
  expect(connection.is_open()).toBe(true);
});

test("a later token for the entity keeps its links; another entity's does not", async () => {
  const bus = await startGuarded();
  const connection = await bus.anonymous();
  await put(bus, connection, "orders");
  await put(bus, connection, "secret");
  const kept = await everyLink(connection, "orders");
  const dropped = Promise.all((await everyLink(connection, "secret")).map(endOf));

  bus.clock.advance(LIFE_MS / 2);
  await putForAnHour(bus, connection, "orders");
  bus.clock.advance(LIFE_MS / 2);

  await dropped;
  expect(kept.every((link) => link.is_open())).toBe(true);
  const again = await put(bus, connection, "secret");
  expect(again.status).toBe(202);
  await everyLink(connection, "secret");
});

test("a token that expires sooner takes the place of the one before", async () => {
  const bus = await startGuarded();
  const connection = await bus.anonymous();
  await putForAnHour(bus, connection, "orders");
  const [sender] = await openAll(connection.open_sender("orders"));
  const end = endOf(sender as Sender);

  await put(bus, connection, "orders");
  bus.clock.advance(LIFE_MS);

  expect((await end).condition).toBe("amqp:link:detach-forced");
});

test("a token with another right leaves the links of the one before until that one expires", async () => {
  const bus = await startGuarded();
  const connection = await bus.anonymous();
  await permit(bus, connection, { path: "orders", rule: SEND, seconds: LIFE_S });
  await permit(bus, connection, { path: "orders", rule: LISTEN, seconds: 3600 });
  const [sender, receiver] = await openAll(
    connection.open_sender("orders"),
    connection.open_receiver({ source: "orders", credit_window: 0 }),
  );
  const end = endOf(sender as Sender);

  bus.clock.advance(LIFE_MS);

  expect((await end).condition).toBe("amqp:link:detach-forced");
  expect(receiver?.is_open()).toBe(true);
});

test("a link outlives the key that opened it, until its token expires", async () => {
  const bus = await startGuarded();
  const { queues, store } = bus.server.namespace;
  const connection = await bus.anonymous();
  const putSend = () => permit(bus, connection, { path: "orders", rule: SEND, seconds: LIFE_S });
  await putSend();
  const [sender] = (await openAll(connection.open_sender("orders"))) as [Sender];
  const end = endOf(sender);
  const { config } = queues.get("orders") as Entity<QueueConfig>;
  const keys = { primaryKey: "new", secondaryKey: "newer" };

  queues.update({ ...config, authorizationRules: [{ ...SEND, ...keys }] });
  sender.send({ body: "a" });
  await once(sender, "accepted");
  const again = await putSend();
  bus.clock.advance(LIFE_MS);

  expect(again.status).toBe(401);
  expect((await end).condition).toBe("amqp:link:detach-forced");
  expect(store("orders").messages.size).toBe(1);
});

test("a client that waits for a session is told when its token expires", async () => {
  const bus = await startGuarded();
  const connection = await bus.anonymous();
  await permit(bus, connection, { path: "talks", rule: LISTEN, seconds: LIFE_S });
  const filter = { "com.microsoft:session-filter": rhea.types.wrap_described(null, 0x1370000000c) };
  const receiver = connection.open_receiver({ source: { address: "talks", filter } } as never);
  const end = endOf(receiver);
  // answered after the attach
  await putToken(connection, bus.uri("talks"), { token: "none" });

  bus.clock.advance(LIFE_MS);

  expect((await end).condition).toBe("amqp:link:detach-forced");
});
