import { expect, test } from "vitest";
import { EMULATOR_RULE } from "../../src/authorization/rule.ts";
import { aRule } from "../builders.ts";
import { freshSas } from "../sas.ts";
import { startAdminEndpoint } from "./broker.ts";

const entry = (description: string) =>
  `<entry xmlns="http://www.w3.org/2005/Atom"><content type="application/xml">${description}</content></entry>`;

async function startRaw() {
  const { host, namespace, admin } = await startAdminEndpoint();
  await admin.createQueue("q");
  await admin.createTopic("t");
  await admin.createSubscription("t", "s");
  const authorization = freshSas(`http://${host}/`, EMULATOR_RULE);
  const send = async (method: string, path: string, init: RequestInit = {}) => {
    const headers = { authorization, ...init.headers };
    const response = await fetch(`http://${host}${path}`, { ...init, method, headers });
    return { status: response.status, text: await response.text() };
  };
  return { send, namespace };
}

const BAD_REQUEST = { status: 400, text: expect.stringContaining("<Code>400</Code>") };

const put = (body: string, headers: Record<string, string> = {}) => ({ body, headers });

test.each([
  ["POST", "/q"],
  ["PATCH", "/t/Subscriptions/s"],
  ["PUT", "/$Resources/Queues"],
  ["DELETE", "/$Resources/Topics"],
  ["DELETE", "/$namespaceinfo"],
  ["PUT", "/t/Subscriptions"],
])("the admin endpoint, asked by hand refuses %s %s", async (method, path) => {
  const { send } = await startRaw();

  expect(await send(method, path)).toEqual({
    status: 405,
    text: expect.stringContaining("<Error><Code>405</Code><Detail>SubCode=40500."),
  });
});

test.each([
  ["a path that is not decoded", "/%E0%A4%A"],
  ["a page that is not a number", "/$Resources/Queues?$top=all"],
  ["a page before the first", "/$Resources/Queues?$skip=-1"],
])("the admin endpoint, asked by hand, answers 400 to %s", async (_, path) => {
  const { send } = await startRaw();

  expect(await send("GET", path)).toEqual(BAD_REQUEST);
});

test.each([
  ["no body", ""],
  ["a body that is not XML", "{}"],
  ["no entry", "<QueueDescription/>"],
  ["an empty entry", entry("")],
  ["the description of a rule", entry("<RuleDescription/>")],
  ["a document type", `<!DOCTYPE entry>${entry("<QueueDescription/>")}`],
  [
    "a flag that is none",
    entry("<QueueDescription><EnableExpress>1</EnableExpress></QueueDescription>"),
  ],
])("the admin endpoint, asked by hand, answers 400 to a queue with %s", async (_, body) => {
  const { send } = await startRaw();

  expect(await send("PUT", "/new", put(body))).toEqual(BAD_REQUEST);
});

test.each([
  ["the description of a queue", "<QueueDescription/>"],
  ["a filter of no kind", "<RuleDescription><Filter/></RuleDescription>"],
  ["no SQL", '<RuleDescription><Filter type="SqlFilter"/></RuleDescription>'],
  ["an action of no kind", '<RuleDescription><Action type="Magic"/></RuleDescription>'],
  [
    "a pair without a value",
    '<RuleDescription><Filter type="CorrelationFilter"><Properties><P><Key>k</Key></P></Properties></Filter></RuleDescription>',
  ],
])("the admin endpoint, asked by hand, answers 400 to a rule with %s", async (_, description) => {
  const { send } = await startRaw();

  expect(await send("PUT", "/t/Subscriptions/s/Rules/r", put(entry(description)))).toEqual(
    BAD_REQUEST,
  );
});

test.each(["/", "//"])(
  "the admin endpoint, asked by hand, answers an empty list to %s",
  async (path) => {
    const { send } = await startRaw();

    expect(await send("GET", path)).toMatchObject({ status: 200 });
  },
);

test.each([
  "/none",
  "/$Resources/Pictures",
  "/t/Subscriptions/s/Rules/r/more",
  "/Subscriptions/s",
  "/none/Subscriptions",
])("the admin endpoint, asked by hand answers 404 to %s", async (path) => {
  const { send } = await startRaw();

  expect((await send("GET", path)).status).toBe(404);
});

test("the admin endpoint, asked by hand answers 413 to a body of more than a megabyte and goes on", async () => {
  const { send } = await startRaw();

  const tooLarge = await send("PUT", "/new", put("x".repeat(2 ** 20 + 1)));

  expect(tooLarge.status).toBe(413);
  expect((await send("GET", "/q")).status).toBe(200);
});

test("the admin endpoint, asked by hand creates with 201, updates with If-Match and 200, deletes with 200 and nothing", async () => {
  const { send } = await startRaw();
  const body = entry(
    '<d:QueueDescription xmlns:d="urn:d"><d:LockDuration>PT30S</d:LockDuration></d:QueueDescription>',
  );

  const created = await send("PUT", "/new", put(body));
  const again = await send("PUT", "/new", put(body));
  const updated = await send("PUT", "/new", put(body, { "If-Match": "*" }));
  const deleted = await send("DELETE", "/new");

  expect([created.status, again.status, updated.status]).toEqual([201, 409, 200]);
  expect(created.text).toContain("<LockDuration>PT30S</LockDuration>");
  expect(deleted).toEqual({ status: 200, text: "" });
});

test("the admin endpoint, asked by hand reads collections whatever the case of their words, with and without a slash behind", async () => {
  const { send } = await startRaw();

  for (const path of ["/t/subscriptions", "/T/Subscriptions/", "/t/Subscriptions/S/rules/"]) {
    expect(await send("GET", path)).toMatchObject({
      status: 200,
      text: expect.stringContaining("<entry"),
    });
  }
});

test("the admin endpoint, asked by hand takes a rule without filter and action for one that takes everything", async () => {
  const { send, namespace } = await startRaw();

  await send("PUT", "/t/Subscriptions/s/Rules/r", put(entry("<RuleDescription/>")));

  expect(namespace.rules("t", "s").get("r")?.config).toEqual({
    name: "r",
    filter: { kind: "true" },
    action: null,
  });
});

test("the admin endpoint, asked by hand counts the filters of a topic by kind", async () => {
  const { send, namespace } = await startRaw();
  const rules = namespace.rules("t", "s");
  const parameters = new Map();
  rules.create(aRule("a", { filter: { kind: "sql", expression: "a = 1", parameters } }));
  rules.create(aRule("b", { filter: { kind: "sql", expression: "b = 1", parameters } }));
  rules.create(
    aRule("c", {
      filter: { kind: "correlation", system: { subject: "c" }, applicationProperties: new Map() },
    }),
  );

  const { text } = await send("GET", "/t");

  expect(text).toContain("<SqlFilterCount>2</SqlFilterCount>");
  expect(text).toContain("<CorrelationFilterCount>1</CorrelationFilterCount>");
});
