import { once } from "node:events";
import rhea, { type Connection, type Receiver, type Sender } from "rhea";
import { expect, test } from "vitest";
import { aMessage, aRight } from "../builders.ts";
import { anIssuer } from "../issuer.ts";
import { ask, connectWith, endOf, putToken } from "../raw-client.ts";
import { sas } from "../sas.ts";
import { LISTEN, permit, ROOT, SEND, startGuarded } from "./guarded-bus.ts";

type Open = (connection: Connection) => Sender | Receiver;

const coordinating: Open = (connection) => {
  const sender = connection.open_sender({ target: {} });
  const { attach } = (sender as unknown as { local: { attach: { target: unknown } } }).local;
  attach.target = rhea.types.wrap_described([], 0x30);
  return sender;
};

const sending =
  (address: string): Open =>
  (connection) =>
    connection.open_sender(address);

const receiving =
  (address: string): Open =>
  (connection) =>
    connection.open_receiver({ source: address, credit_window: 0 });

const refusal = (claims: string, path: string) => ({
  condition: "amqp:unauthorized-access",
  description: `Unauthorized access. '${claims}' claim(s) are required to perform this operation. Resource: 'sb://sbemulatorns/${path}'.`,
});

test.each<[string, Open, ReturnType<typeof refusal>]>([
  ["send to a queue", sending("orders"), refusal("Send", "orders")],
  ["receive from a queue", receiving("orders"), refusal("Listen", "orders")],
  ["send to what is not there", sending("none"), refusal("Send", "none")],
  ["receive from what is not there", receiving("none"), refusal("Listen", "none")],
  ["ask", sending("orders/$management"), refusal("Send,Listen", "orders/$management")],
  ["hear", receiving("orders/$management"), refusal("Send,Listen", "orders/$management")],
  ["make transactions", coordinating, refusal("Send,Listen", "")],
])("a client that has put no token may not %s", async (_, open, refused) => {
  const { anonymous } = await startGuarded();

  expect(await endOf(open(await anonymous()))).toEqual(refused);
});

test("a connection on which no token was put for 20 seconds is dropped, also after a wrong one", async () => {
  const bus = await startGuarded();
  const [silent, wrong, good] = await Promise.all([1, 2, 3].map(() => bus.anonymous()));
  await permit(bus, wrong as Connection, { path: "orders", rule: { ...SEND, primaryKey: "x" } });
  await permit(bus, good as Connection, { path: "orders", rule: SEND });
  const dropped = Promise.all([silent, wrong].map((each) => once(each as never, "disconnected")));

  bus.clock.advance(19_999);
  const { status } = await permit(bus, good as Connection, { path: "orders", rule: SEND });
  expect(status).toBe(202);
  expect((silent as Connection).is_open()).toBe(true);
  bus.clock.advance(1);

  await dropped;
  expect((await permit(bus, good as Connection, { path: "orders", rule: SEND })).status).toBe(202);
});

test.each<[string, Open, boolean]>([
  ["its subscription", receiving("files/Subscriptions/a"), true],
  ["the dead letters of it", receiving("files/Subscriptions/a/$DeadLetterQueue"), true],
  ["$management of it", sending("files/Subscriptions/a/$management"), true],
  ["another subscription", receiving("files/Subscriptions/b"), false],
  ["dead letters of another", receiving("files/Subscriptions/b/$DeadLetterQueue"), false],
  ["$management of another", sending("files/Subscriptions/b/$management"), false],
  ["a subscription of another topic", receiving("others/Subscriptions/a"), false],
  ["sending to the topic", sending("files"), false],
  ["$management of the topic", sending("files/$management"), false],
  ["another queue", receiving("secret"), false],
])("a token of one subscription opens %s: %s", async (_, open, isOpen) => {
  const bus = await startGuarded();
  const connection = await bus.anonymous();
  await permit(bus, connection, { path: "files/Subscriptions/a", rule: LISTEN });

  const link = open(connection);
  const ended = endOf(link).then(() => false);
  // a refusal answers the attach too, without source and target
  const opened = once(link, link.is_sender() ? "sendable" : "receiver_open").then(() =>
    link.source === null && link.target === null ? ended : link.is_open(),
  );

  expect(await Promise.race([opened, ended])).toBe(isOpen);
});

test("what one token was put for is not opened by what it would be good for", async () => {
  const bus = await startGuarded();
  const connection = await bus.anonymous();
  const token = bus.token("", ROOT);

  await putToken(connection, bus.uri("orders"), { token });

  expect(await endOf(connection.open_sender("secret"))).toEqual(refusal("Send", "secret"));
});

test.each<[string, (bus: Awaited<ReturnType<typeof startGuarded>>) => string, string]>([
  [
    "of another key",
    ({ token }) => token("orders", { ...SEND, primaryKey: "x" }),
    "InvalidSignature: The token has an invalid signature.",
  ],
  [
    "of another entity's rule",
    ({ token }) => token("secret", SEND),
    "InvalidSignature: The token has an invalid signature.",
  ],
  [
    "for another entity",
    ({ token }) => token("secret", ROOT),
    "InvalidAudience: The authorization header contains a token with a wrong audience.",
  ],
  [
    "for another host",
    ({ clock }) => sas("sb://x/orders", SEND, clock.now() / 1000 + 9),
    "InvalidAudience: The authorization header contains a token with a wrong audience.",
  ],
  [
    "that is expired",
    ({ token }) => token("orders", SEND, 0),
    "ExpiredToken: The token is expired. Expiration time: '",
  ],
  ["that is none", () => "let me in", "MalformedToken: The token is not understood."],
  [
    "that is too long",
    ({ token }) => `${token("orders", SEND)}&x=${"x".repeat(16_384)}`,
    "MalformedToken: The token is longer than 16384 characters.",
  ],
])("$cbs answers 401 to a token %s", async (_, make, text) => {
  const bus = await startGuarded();
  const connection = await bus.anonymous();

  const answer = await putToken(connection, bus.uri("orders"), { token: make(bus) });

  expect(answer).toEqual({ status: 401, text: expect.stringContaining(text) });
  expect(await endOf(connection.open_sender("orders"))).toEqual(refusal("Send", "orders"));
});

test("$cbs takes SAS and JWT and puts tokens, nothing else", async () => {
  const bus = await startGuarded();
  const connection = await bus.anonymous();
  const token = bus.token("orders", SEND);
  const properties = { name: bus.uri("orders"), type: "servicebus.windows.net:sastoken" };

  const swt = await putToken(connection, bus.uri("orders"), { token, type: "amqp:swt" });
  const operation = "delete-token";
  const other = await ask(connection, "$cbs", { operation, body: token, properties });
  const bodiless = await ask(connection, "$cbs", { operation: "put-token", body: 1, properties });

  expect(swt.status).toBe(401);
  expect(other.application_properties).toMatchObject({ "status-code": 501 });
  expect(bodiless.application_properties).toMatchObject({
    "status-code": 401,
    "error-condition": "com.microsoft:auth-failed",
  });
});

const number = rhea.types.wrap_long(0);
const PEEK = { "from-sequence-number": number, "message-count": rhea.types.wrap_int(1) };
const RULE = { "rule-name": "r", "rule-description": { "sql-filter": { expression: "1=1" } } };

test.each<[string, unknown, "Send" | "Listen"]>([
  ["schedule-message", { messages: [] }, "Send"],
  ["cancel-scheduled-message", { "sequence-numbers": [number] }, "Send"],
  ["peek-message", PEEK, "Listen"],
  ["receive-by-sequence-number", { "sequence-numbers": [number] }, "Listen"],
  ["update-disposition", { "disposition-status": "completed", "lock-tokens": [] }, "Listen"],
  ["renew-lock", { "lock-tokens": [] }, "Listen"],
  ["renew-session-lock", { "session-id": "s" }, "Listen"],
  ["set-session-state", { "session-id": "s" }, "Listen"],
  ["get-session-state", { "session-id": "s" }, "Listen"],
  ["get-message-sessions", { skip: 0, top: 1 }, "Listen"],
  ["add-rule", RULE, "Listen"],
  ["remove-rule", { "rule-name": "$Default" }, "Listen"],
  ["enumerate-rules", {}, "Listen"],
])("%s needs its right, and no other", async (name, body, right) => {
  const bus = await startGuarded();
  const [without, having] = await Promise.all([bus.anonymous(), bus.anonymous()]);
  const [has, lacks] = right === "Send" ? [SEND, LISTEN] : [LISTEN, SEND];
  const path = "files/Subscriptions/a";
  await permit(bus, without, { path, rule: lacks });
  await permit(bus, having, { path, rule: has });
  const request = { operation: `com.microsoft:${name}`, body };

  const refused = await ask(without, `${path}/$management`, request);
  const served = await ask(having, `${path}/$management`, request);

  expect(refused.application_properties).toMatchObject({
    statusCode: 401,
    errorCondition: "amqp:unauthorized-access",
    statusDescription: refusal(right, `${path.toLowerCase()}/$management`).description,
  });
  expect(served.application_properties?.statusCode).not.toBe(401);
});

test("a name and a key by SASL PLAIN open what the rule opens", async () => {
  const { server } = await startGuarded();
  const login = { username: SEND.name, password: SEND.secondaryKey };
  const connection = connectWith(server, login);

  const sender = connection.open_sender("orders");
  await once(sender, "sendable");

  expect(await endOf(receiving("orders")(connection))).toEqual(refusal("Listen", "orders"));
  expect(await endOf(connection.open_sender("secret"))).toEqual(refusal("Send", "secret"));
});

test.each([
  ["another key", { username: SEND.name, password: ROOT.primaryKey }],
  ["another name", { username: "nobody", password: SEND.primaryKey }],
])("SASL PLAIN with %s is refused", async (_, login) => {
  const { server } = await startGuarded();

  const opened = once(connectWith(server, login), "connection_open");

  await expect(opened).rejects.toThrow("Failed to authenticate");
});

test("the token of an application opens what its roles open", async () => {
  const { issuer, token } = anIssuer([
    {
      applicationId: "app",
      role: "Azure Service Bus Data Receiver",
      scope: "files/Subscriptions/a",
    },
  ]);
  const bus = await startGuarded({ issuer });
  const connection = await bus.anonymous();
  const put = (path: string, text: string) =>
    putToken(connection, bus.uri(path), { token: text, type: "jwt" });

  const taken = await put("files", token("app"));
  const forged = await put("files", anIssuer([]).token("app"));
  const receiver = receiving("files/Subscriptions/a")(connection);
  await once(receiver, "receiver_open");

  expect(taken).toEqual({ status: 202, text: "Accepted" });
  expect(forged.text).toBe("InvalidSignature: The token has an invalid signature.");
  const other = receiving("files/Subscriptions/b")(connection);
  expect(await endOf(other)).toEqual(refusal("Listen", "files/subscriptions/b"));
});

test("a rule of the namespace that is replaced signs nothing new", async () => {
  const bus = await startGuarded();
  const connection = await bus.anonymous();
  const put = (rule = ROOT) => permit(bus, connection, { path: "secret", rule });
  const renewed = { ...aRight("root", ROOT.rights), primaryKey: "new", secondaryKey: "newer" };

  bus.server.namespace.changeAuthorizationRules([renewed]);

  expect((await put(ROOT)).status).toBe(401);
  expect((await put(renewed)).status).toBe(202);
});

test("messages of a link that is refused never leave the broker", async () => {
  const bus = await startGuarded();
  bus.server.namespace.publish("orders", [aMessage()]);
  const connection = await bus.anonymous();
  await permit(bus, connection, { path: "orders", rule: SEND });

  const receiver = connection.open_receiver({ source: "orders", credit_window: 10 });
  await endOf(receiver);

  expect(bus.server.namespace.store("orders").byLockToken.size).toBe(0);
});
