import { type ServiceBusAdministrationClient, ServiceBusClient } from "@azure/service-bus";
import { expect, onTestFinished, test } from "vitest";
import { adminClient } from "../management/admin-client.ts";
import { codeOf, receiveOne } from "../sdk.ts";
import { type GuardedBus, LISTEN, ROOT, SEND, startGuarded } from "./guarded-bus.ts";

const QUICK = { retryOptions: { maxRetries: 0, timeoutInMs: 20_000 } };

function clientOf(connectionString: string): ServiceBusClient {
  const client = new ServiceBusClient(connectionString, QUICK);
  onTestFinished(() => client.close());
  return client;
}

/** A client with nothing but a token, as a partner is given it. */
function clientWith({ server }: GuardedBus, token: string): ServiceBusClient {
  return clientOf(
    `Endpoint=sb://localhost:${server.port};SharedAccessSignature=${token};UseDevelopmentEmulator=true`,
  );
}

const REFUSED = "UnauthorizedAccess";

test("a connection string sends and receives by the rights of its rule only", async () => {
  const { server } = await startGuarded();
  const [sending, listening] = [SEND, LISTEN].map((rule) =>
    clientOf(server.connectionStringWith(rule)),
  ) as [ServiceBusClient, ServiceBusClient];

  await sending.createSender("orders").sendMessages({ body: "a" });
  const receiver = listening.createReceiver("orders");
  const message = await receiveOne(receiver);
  await receiver.completeMessage(message);

  expect(message.body).toBe("a");
  expect(server.namespace.store("orders").messages.size).toBe(0);
  const [sendings, receivings] = [listening, sending];
  expect(await codeOf(sendings.createSender("orders").sendMessages({ body: "b" }))).toBe(REFUSED);
  expect(await codeOf(receivings.createReceiver("orders").receiveMessages(1))).toBe(REFUSED);
  expect(await codeOf(receivings.createReceiver("orders").peekMessages(1))).toBe(REFUSED);
  const later = new Date(Date.now() + 60_000);
  const schedule = sendings.createSender("orders").scheduleMessages({ body: "c" }, later);
  expect(await codeOf(schedule)).toBe(REFUSED);
});

test.each([
  ["a wrong key", { ...ROOT, primaryKey: "SAS_KEY_VALUE" }],
  ["a rule that is not there", { ...ROOT, name: "RootManageSharedAccessKey" }],
])("%s opens nothing to either client", async (_, rule) => {
  const { server } = await startGuarded();
  const connectionString = server.connectionStringWith(rule);

  const sent = clientOf(connectionString).createSender("orders").sendMessages({ body: "a" });
  expect(await codeOf(sent)).toBe(REFUSED);

  const made = adminClient(connectionString).createQueue("new");
  await expect(made).rejects.toMatchObject({ statusCode: 401, code: "UnauthorizedRequestError" });
  expect(server.namespace.queues.get("new")).toBeNull();
});

test("a client with a token of one subscription gets its messages, until the token expires", async () => {
  const bus = await startGuarded();
  const root = clientOf(bus.server.connectionStringWith(ROOT));
  await root.createSender("files").sendMessages([{ body: "1" }, { body: "2" }]);
  const uri = "files/Subscriptions/a";
  const client = clientWith(bus, bus.token(uri, LISTEN, 20));
  const receiver = client.createReceiver("files", "a");

  const first = await receiveOne(receiver);
  await receiver.completeMessage(first);
  const refusals = [
    client.createReceiver("files", "b").receiveMessages(1),
    client.createReceiver("others", "a").receiveMessages(1),
    client.createReceiver("orders").receiveMessages(1),
    client.createSender("files").sendMessages({ body: "x" }),
  ].map(codeOf);
  expect(await Promise.all(refusals)).toEqual([REFUSED, REFUSED, REFUSED, REFUSED]);
  bus.clock.advance(20_000);

  expect(await codeOf(client.createReceiver("files", "a").receiveMessages(1))).toBe(REFUSED);
  const renewed = clientWith(bus, bus.token(uri, LISTEN, 20));
  expect((await receiveOne(renewed.createReceiver("files", "a"))).body).toBe("2");
});

test("Listen on a subscription is enough for its rules over AMQP, as with the service", async () => {
  const bus = await startGuarded();
  const client = clientWith(bus, bus.token("files/Subscriptions/a", LISTEN));

  await client.createRuleManager("files", "a").createRule("r", { subject: "s" });

  expect(bus.server.namespace.rules("files", "a").get("r")).not.toBeNull();
  const other = client.createRuleManager("files", "b").createRule("r", { subject: "s" });
  expect(await codeOf(other)).toBe(REFUSED);
});

const KEYS = { primaryKey: "one", secondaryKey: "two" };
const rule = (keyName: string, keys: Partial<typeof KEYS> = KEYS) => ({
  claimType: "SharedAccessKey",
  accessRights: ["Send" as const],
  keyName,
  ...keys,
});

async function withQueue(admin: ServiceBusAdministrationClient) {
  const { authorizationRules } = await admin.createQueue("new", {
    authorizationRules: [rule("mine")],
  });
  return authorizationRules;
}

test("rules that the admin client makes open their entity, and new keys replace the old", async () => {
  const { server } = await startGuarded();
  const admin = adminClient(server.connectionStringWith(ROOT));
  await admin.createTopic("topic", { authorizationRules: [rule("mine")] });
  const made = await withQueue(admin);
  const sendTo = (name: string, primaryKey: string) =>
    codeOf(
      clientOf(server.connectionStringWith({ name: "mine", primaryKey }))
        .createSender(name)
        .sendMessages({ body: "a" }),
    );

  expect(made).toEqual([rule("mine")]);
  expect(await sendTo("new", "one")).toBe("no error");
  expect(await sendTo("new", "two")).toBe("no error");
  expect(await sendTo("topic", "one")).toBe("no error");
  expect(await sendTo("orders", "one")).toBe(REFUSED);

  const queue = await admin.getQueue("new");
  await admin.updateQueue({
    ...queue,
    authorizationRules: [rule("mine", { ...KEYS, primaryKey: "three" })],
  });

  expect(await sendTo("new", "one")).toBe(REFUSED);
  expect(await sendTo("new", "two")).toBe("no error");
  expect(await sendTo("new", "three")).toBe("no error");
  expect((await admin.getQueue("new")).authorizationRules?.[0]?.primaryKey).toBe("three");
});

test("keys that are left out are made, 256 bits each", async () => {
  const { server } = await startGuarded();
  const admin = adminClient(server.connectionStringWith(ROOT));

  const { authorizationRules } = await admin.createQueue("new", {
    authorizationRules: [rule("a", {}), rule("b", {})],
  });

  const keys = authorizationRules?.flatMap((each) => [
    each.primaryKey ?? "",
    each.secondaryKey ?? "",
  ]);
  expect(new Set(keys).size).toBe(4);
  expect(keys?.map((key) => Buffer.from(key, "base64").length)).toEqual([32, 32, 32, 32]);
});

test.each([
  ["two of one name", [rule("a"), rule("A")], "two authorization rules"],
  ["more than 12", Array.from({ length: 13 }, (_, index) => rule(`r${index}`)), "limit is 12"],
  ["no right", [{ ...rule("a"), accessRights: [] }], "must have a right"],
  ["no name", [rule("")], "1 to 256 characters"],
  [
    "Manage alone",
    [{ ...rule("a"), accessRights: ["Manage" as const] }],
    "Manage permission should also include Send and Listen",
  ],
  [
    "a right that there is not",
    [{ ...rule("a"), accessRights: ["Look" as "Send"] }],
    "must be one of Manage, Send, Listen",
  ],
  ["another claim type", [{ ...rule("a"), claimType: "Name" }], "claim type"],
])("an entity with %s among its authorization rules is refused", async (_, rules, text) => {
  const { server } = await startGuarded();
  const admin = adminClient(server.connectionStringWith(ROOT));

  const made = admin.createTopic("new", { authorizationRules: rules });

  await expect(made).rejects.toMatchObject({
    statusCode: 400,
    message: expect.stringContaining(text),
  });
  expect(server.namespace.topics.get("new")).toBeNull();
});
