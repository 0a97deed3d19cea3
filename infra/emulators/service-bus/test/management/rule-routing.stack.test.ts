import type { ServiceBusMessage, SqlRuleAction } from "@azure/service-bus";
import { expect, test } from "vitest";
import { all } from "./admin-client.ts";
import { type Broker, startBroker, take } from "./broker.ts";

const messages: readonly ServiceBusMessage[] = [
  { messageId: "red-5", body: "", subject: "a", applicationProperties: { color: "red", size: 5 } },
  {
    messageId: "Red-5",
    body: "",
    subject: "b",
    applicationProperties: { color: "Red", size: 5.5 },
  },
  { messageId: "text-5", body: "", applicationProperties: { color: "blue", size: "5", hot: true } },
  { messageId: "plain", body: "" },
];

/** Makes a topic whose subscription `s` has this one rule, sends all messages and says which arrive. */
async function arrivals(
  { admin, client, server }: Broker,
  filter: Parameters<typeof admin.createRule>[3],
  action?: SqlRuleAction,
) {
  await admin.createTopic("t");
  await admin.createSubscription("t", "s", {
    defaultRuleOptions: action ? { name: "rule", filter, action } : { name: "rule", filter },
  });
  await client.createSender("t").sendMessages([...messages]);
  const held = server.namespace.subscriptions("t").get("s")?.runtime.counts.active ?? 0;
  return take(client.createReceiver("t", "s"), held);
}

test.each([
  ["a number equal to an int", { applicationProperties: { size: 5 } }, ["red-5"]],
  ["text equal to text only", { applicationProperties: { size: "5" } }, ["text-5"]],
  ["text in its case", { applicationProperties: { color: "Red" } }, ["Red-5"]],
  ["a flag", { applicationProperties: { hot: true } }, ["text-5"]],
  ["a subject", { subject: "b" }, ["Red-5"]],
  ["a message id", { messageId: "plain" }, ["plain"]],
  ["two properties", { subject: "a", applicationProperties: { color: "red" } }, ["red-5"]],
  ["contradictions", { subject: "b", applicationProperties: { color: "red" } }, []],
  ["SQL", { sqlExpression: "size > 5" }, ["Red-5"]],
  [
    "SQL with parameters",
    {
      sqlExpression: "size = @size OR color LIKE @pattern",
      sqlParameters: { "@size": 5, "@pattern": "b%" },
    },
    ["red-5", "text-5"],
  ],
  ["SQL about what is missing", { sqlExpression: "NOT EXISTS(color)" }, ["plain"]],
  ["everything", { sqlExpression: "1=1" }, ["red-5", "Red-5", "text-5", "plain"]],
])("a rule made by the admin client routes by %s", async (_, filter, expected) => {
  const broker = await startBroker();

  const arrived = await arrivals(broker, filter);

  expect(arrived.map(({ messageId }) => messageId)).toEqual(expected);
});

test("a rule's action made by the admin client edits what it routes", async () => {
  const broker = await startBroker();

  const [message] = await arrivals(
    broker,
    { messageId: "red-5" },
    {
      sqlExpression: "SET sys.Label = color + '-' + size; SET twice = size * @factor; REMOVE color",
      sqlParameters: { "@factor": 2 },
    },
  );

  expect(message).toMatchObject({ messageId: "red-5", subject: "red-5" });
  expect(message?.applicationProperties).toEqual({ size: 5, twice: 10, RuleName: "rule" });
});

test("a rule that is updated or deleted routes as it is then", async () => {
  const { admin, client, server } = await startBroker();
  await admin.createTopic("t");
  await admin.createSubscription("t", "s", {
    defaultRuleOptions: { name: "rule", filter: { subject: "old" } },
  });
  const sender = client.createSender("t");
  const send = (messageId: string, subject: string) =>
    sender.sendMessages({ messageId, subject, body: "" });

  await send("1", "old");
  await send("2", "new");
  const rule = await admin.getRule("t", "s", "rule");
  await admin.updateRule("t", "s", { ...rule, filter: { subject: "new" } });
  await send("3", "old");
  await send("4", "new");
  await admin.deleteRule("t", "s", "rule");
  await send("5", "new");

  expect(server.namespace.subscriptions("t").get("s")?.runtime.counts.active).toBe(2);
  const arrived = await take(client.createReceiver("t", "s"), 2);
  expect(arrived.map(({ messageId }) => messageId)).toEqual(["1", "4"]);
});

test("the SDK's rule manager and admin client see and steer the same rules", async () => {
  const { admin, client, server } = await startBroker();
  await admin.createTopic("t");
  await admin.createSubscription("t", "s");
  const manager = client.createRuleManager("t", "s");

  await manager.deleteRule("$Default");
  await manager.createRule("by-manager", { applicationProperties: { size: 5, color: "red" } });
  await manager.createRule(
    "sql-by-manager",
    { sqlExpression: "hot = TRUE" },
    { sqlExpression: "SET cooled = TRUE" },
  );
  await admin.createRule("t", "s", "by-admin", { subject: "b" });

  const byAdmin = await all(admin.listRules("t", "s"));
  const byManager = await all(manager.listRules());
  expect(byAdmin.map(({ name }) => name)).toEqual(["by-admin", "by-manager", "sql-by-manager"]);
  expect(byManager.map(({ name }) => name).toSorted()).toEqual(byAdmin.map(({ name }) => name));
  expect(byAdmin[1]?.filter).toMatchObject({ applicationProperties: { size: 5, color: "red" } });
  expect(byManager.find(({ name }) => name === "by-admin")?.filter).toMatchObject({ subject: "b" });
  expect(byManager.find(({ name }) => name === "sql-by-manager")).toMatchObject({
    filter: { sqlExpression: "hot = TRUE" },
    action: { sqlExpression: "SET cooled = TRUE" },
  });

  await client.createSender("t").sendMessages([...messages]);
  expect(server.namespace.subscriptions("t").get("s")?.runtime.counts.active).toBe(3);
  const arrived = await take(client.createReceiver("t", "s"), 3);
  expect(arrived.map(({ messageId }) => messageId)).toEqual(["red-5", "Red-5", "text-5"]);
  expect(arrived[2]?.applicationProperties).toMatchObject({ cooled: true });
});

test("the rule manager is refused broken SQL and a name that is taken", async () => {
  const { admin, client } = await startBroker();
  await admin.createTopic("t");
  await admin.createSubscription("t", "s");
  const manager = client.createRuleManager("t", "s");

  await expect(manager.createRule("r", { sqlExpression: "a = " })).rejects.toThrow("character 5");
  await expect(manager.createRule("$Default", { subject: "x" })).rejects.toMatchObject({
    code: "MessagingEntityAlreadyExists",
  });
  await expect(manager.deleteRule("none")).rejects.toThrow("none");
});
