import {
  ServiceBusAdministrationClient,
  ServiceBusClient,
  type ServiceBusReceiver,
} from "@azure/service-bus";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { trustCertificate } from "../../../infra/local/certificate.ts";
import { type Cloud, startCloud } from "../../../infra/local/cloud.ts";
import { DEMO } from "../../../infra/local/demo.ts";
import { ANY_PORTS } from "../../../infra/local/stack.ts";
import topology from "../../../infra/topology.json" with { type: "json" };

const { fileAvailable } = topology.topics;
const { fanOut } = topology.subscriptions;
const REFUSED = { code: "UnauthorizedAccess" };
const QUICK = { retryOptions: { maxRetries: 0, timeoutInMs: 20_000 } };
const NOW_MS = { maxWaitTimeInMs: 1 };

let cloud: Cloud;

const start = () =>
  startCloud(
    { ports: ANY_PORTS, shop: false, demo: false, onLine: () => undefined },
    "http://127.0.0.1:1",
  );

beforeAll(async () => {
  cloud = await start();
});

afterAll(() => cloud.stop());

function clientOf(connectionString: string): ServiceBusClient {
  const client = new ServiceBusClient(connectionString, QUICK);
  onTestFinished(() => client.close());
  return client;
}

function administration(): ServiceBusAdministrationClient {
  return new ServiceBusAdministrationClient(cloud.serviceBusOfApp, {
    tlsOptions: { ca: cloud.certificate ?? "" },
    retryOptions: { maxRetries: 0 },
  });
}

const peek = (receiver: ServiceBusReceiver) => receiver.peekMessages(1);

test("the app's connection sends to and receives from each queue, and their dead letters", async () => {
  const client = clientOf(cloud.serviceBusOfApp);

  for (const queue of Object.values(topology.queues)) {
    await client.createSender(queue).sendMessages({ body: "a", sessionId: "s" });
    await client.acceptSession(queue, "s").then(peek, () => peek(client.createReceiver(queue)));
    await peek(client.createReceiver(queue, { subQueueType: "deadLetter" }));
  }
});

test("the app's connection announces files and receives its own subscription", async () => {
  const client = clientOf(cloud.serviceBusOfApp);

  await client.createSender(fileAvailable).sendMessages({ body: "a", sessionId: "s" });
  const receiver = await client.acceptSession(fileAvailable, fanOut, "s");

  expect((await peek(receiver)).length).toBe(1);
});

test("the app's connection manages the topic, and nothing else", async () => {
  const admin = administration();

  expect((await admin.getTopic(fileAvailable)).name).toBe(fileAvailable);
  await expect(admin.getQueue("runs")).rejects.toMatchObject({ statusCode: 401 });
  await expect(admin.createQueue("new")).rejects.toMatchObject({ statusCode: 401 });
});

test("partner A receives from the demo's subscription with its own identity, and from no other", async () => {
  trustCertificate(cloud.certificate ?? "");
  await administration().createSubscription(fileAvailable, DEMO.subscription);
  const client = new ServiceBusClient(
    `localhost:${cloud.broker?.port}`,
    { getToken: () => tokenOf("partner-a") },
    QUICK,
  );
  onTestFinished(() => client.close());

  await client.createReceiver(fileAvailable, DEMO.subscription).receiveMessages(1, NOW_MS);

  const others = client.createReceiver(fileAvailable, fanOut);
  await expect(peek(others)).rejects.toMatchObject(REFUSED);
});

/** Asks the issuer as the Azure SDK does. */
async function tokenOf(name: "partner-a") {
  const { authority, tenantId, clients } = cloud.issuer;
  const response = await fetch(`${authority}/${tenantId}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: clients[name].id,
      client_secret: clients[name].secret,
      scope: "https://servicebus.azure.net/.default",
    }),
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  return { token, expiresOnTimestamp: Date.now() + 3_600_000 };
}

test("keys are random, new at each start, and the one of Microsoft's emulator is not among them", async () => {
  const other = await start();
  onTestFinished(() => other.stop());
  const keysOf = ({ serviceBus, serviceBusOfApp }: Cloud) =>
    [serviceBus, serviceBusOfApp].map((text) => /SharedAccessKey=([^;]+)/.exec(text)?.[1] ?? "");
  const keys = [...keysOf(cloud), ...keysOf(other)];
  const usual = cloud.serviceBus.replace(/(SharedAccessKey)=[^;]+/, "$1=SAS_KEY_VALUE");

  expect(new Set(keys).size).toBe(4);
  expect(keys.map((key) => Buffer.from(key, "base64").length)).toEqual([32, 32, 32, 32]);
  await expect(peek(clientOf(usual).createReceiver("ticks"))).rejects.toMatchObject(REFUSED);
});
