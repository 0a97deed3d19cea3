import { expect, test } from "vitest";
import type { AuthorizationRule } from "../../src/broker/types.ts";
import { aQueue, aRight } from "../builders.ts";
import { anIssuer } from "../issuer.ts";
import { adminClient } from "../management/admin-client.ts";
import { freshSas } from "../sas.ts";
import { LISTEN, ROOT, SEND, startGuarded } from "./guarded-bus.ts";

const OWNER = "owner-application";
const READER = "reader-application";

async function start() {
  const { issuer, token } = anIssuer([
    { applicationId: OWNER, role: "Azure Service Bus Data Owner", scope: "files" },
    { applicationId: READER, role: "Azure Service Bus Data Receiver", scope: "" },
  ]);
  const { server } = await startGuarded({ issuer });
  const url = `http://localhost:${server.port}`;
  const ask = async (method: string, path: string, authorization: string | null) => {
    const headers = authorization === null ? {} : { authorization };
    const response = await fetch(`${url}${path}?api-version=2021-05`, { method, headers });
    return { status: response.status, text: await response.text() };
  };
  const signed = (path: string, rule: AuthorizationRule) => freshSas(url + path, rule);
  return { ask, signed, token, server };
}

const refused = (text: string) => ({
  status: 401,
  text: `<?xml version="1.0" encoding="utf-8"?><Error><Code>401</Code><Detail>${text}</Detail></Error>`,
});

const NO_SIGNATURE = refused("InvalidSignature: The token has an invalid signature.");

type Authorize = (bus: Awaited<ReturnType<typeof start>>) => string | null;

test.each<[string, Authorize, ReturnType<typeof refused>]>([
  [
    "nothing",
    () => null,
    refused(
      "MalformedToken: Invalid authorization header: The request is missing WRAP authorization credentials.",
    ),
  ],
  [
    "a text that is not a token",
    () => "Basic YTpi",
    refused("MalformedToken: The token is not understood."),
  ],
  ["another key", ({ signed }) => signed("/", { ...ROOT, primaryKey: "x" }), NO_SIGNATURE],
  ["a rule of another entity", ({ signed }) => signed("/secret", SEND), NO_SIGNATURE],
  [
    "a token for another entity",
    ({ signed }) => signed("/secret", ROOT),
    refused("InvalidAudience: The authorization header contains a token with a wrong audience."),
  ],
  [
    "a token for another host",
    () => freshSas("http://other/orders", ROOT),
    refused("InvalidAudience: The authorization header contains a token with a wrong audience."),
  ],
  [
    "the right to listen",
    ({ signed }) => signed("/orders", LISTEN),
    refused("Manage,EntityRead claims required for this operation."),
  ],
  [
    "the role of a receiver",
    ({ token }) => `Bearer ${token(READER)}`,
    refused("Manage,EntityRead claims required for this operation."),
  ],
  ["a forged token", () => `Bearer ${anIssuer([]).token(OWNER)}`, NO_SIGNATURE],
])("the description of a queue is not shown to a caller with %s", async (_, authorize, answer) => {
  const bus = await start();

  expect(await bus.ask("GET", "/orders", authorize(bus))).toEqual(answer);
});

test.each([
  ["GET", "/$Resources/Queues", "Manage,EntityRead claims required for this operation."],
  ["GET", "/$namespaceinfo", "Manage,EntityRead claims required for this operation."],
  ["GET", "/none", "Manage,EntityRead claims required for this operation."],
  ["PUT", "/new", "Authorization failed for specified action: Manage,EntityWrite."],
  ["DELETE", "/orders", "Authorization failed for specified action: Manage,EntityDelete."],
  ["GET", "/files/Subscriptions", "'EnumerateSubscriptions' operation on endpoint"],
  ["GET", "/files/Subscriptions/a", "'GetSubscription' operation on endpoint"],
  ["GET", "/none/Subscriptions/a", "'GetSubscription' operation on endpoint"],
  ["PUT", "/files/Subscriptions/new", "'CreateOrUpdateSubscription' operation on endpoint"],
  ["DELETE", "/files/Subscriptions/a", "'DeleteSubscription' operation on endpoint"],
  ["GET", "/files/Subscriptions/a/Rules", "'EnumerateRules' operation on endpoint"],
  ["GET", "/files/Subscriptions/a/Rules/$Default", "'GetRule' operation on endpoint"],
  ["PUT", "/files/Subscriptions/a/Rules/r", "'CreateOrUpdateRule' operation on endpoint"],
  ["DELETE", "/files/Subscriptions/a/Rules/$Default", "'DeleteRule' operation on endpoint"],
])("who may not manage is refused %s %s, whether it is there or not", async (...asked) => {
  const [method, path, text] = asked;
  const { ask, token, server } = await start();

  const answer = await ask(method, path, `Bearer ${token(READER)}`);

  expect(answer).toEqual({ status: 401, text: expect.stringContaining(text) });
  expect(server.namespace.queues.get("orders")).not.toBeNull();
  expect(server.namespace.rules("files", "a").get("$Default")).not.toBeNull();
});

test("the owner of a topic manages it and what is in it, nothing else", async () => {
  const { ask, token } = await start();
  const status = async (path: string) => (await ask("GET", path, `Bearer ${token(OWNER)}`)).status;

  expect(await status("/files")).toBe(200);
  expect(await status("/files/Subscriptions/a/Rules")).toBe(200);
  expect(await status("/others/Subscriptions/a")).toBe(401);
  expect(await status("/others")).toBe(401);
  expect(await status("/$Resources/Topics")).toBe(401);
  expect(await status("/files/../others")).toBe(401);
  expect(await status("/files%2F..%2Fothers")).not.toBe(200);
});

test("the list at the root is open, and empty", async () => {
  const { ask } = await start();

  const { status, text } = await ask("GET", "/", null);

  expect(status).toBe(200);
  expect(text).toContain("Publicly Listed Services");
  expect(text).not.toContain("orders");
});

test.each(["ForwardTo", "ForwardDeadLetteredMessagesTo"])(
  "who makes an entity forward by %s must manage the target too",
  async (setting) => {
    const { server, signed } = await start();
    const url = `http://localhost:${server.port}`;
    const own = aRight("own", ["Manage", "Send", "Listen"]);
    server.namespace.queues.create(aQueue("mine", { authorizationRules: [own] }));
    const description = `<QueueDescription><${setting}>${url}/secret</${setting}></QueueDescription>`;
    const body = `<entry xmlns="http://www.w3.org/2005/Atom"><content>${description}</content></entry>`;
    const header =
      setting === "ForwardTo"
        ? "ServiceBusSupplementaryAuthorization"
        : "ServiceBusDlqSupplementaryAuthorization";
    const forward = async (more: Record<string, string>) => {
      const headers = { authorization: signed("/mine", own), "if-match": "*", ...more };
      const { status } = await fetch(`${url}/mine`, { method: "PUT", headers, body });
      return status;
    };

    expect(await forward({})).toBe(401);
    expect(await forward({ [header]: signed("/orders", ROOT) })).toBe(401);
    expect(await forward({ [header]: signed("/secret", ROOT) })).toBe(200);
  },
);

test("the admin client forwards with a key of the namespace", async () => {
  const { server } = await start();
  const admin = adminClient(server.connectionStringWith(ROOT));

  const made = await admin.createQueue("mine", { forwardTo: "secret" });

  expect(made.forwardTo).toBe(`sb://localhost:${server.port}/secret`);
});
