import { ServiceBusAdministrationClient, ServiceBusClient } from "@azure/service-bus";
import { expect, onTestFinished, test } from "vitest";
import topology from "../../infra/topology.json" with { type: "json" };
import { exportBody } from "../support/definition-bodies.ts";
import { eventually, useLocalStack } from "../support/local-stack.ts";

const local = useLocalStack({ shop: true });
const ENDPOINTS = "/api/external/integration/export/temporaryendpoints";
const { fileAvailable } = topology.topics;
const QUICK = { retryOptions: { maxRetries: 0, timeoutInMs: 20_000 } };

interface Endpoint {
  readonly id: string;
  readonly serviceBus: {
    readonly subscription: string;
    readonly connectionString?: string;
    readonly expiresAt?: string;
  } | null;
  readonly containers: readonly {
    readonly fileType: string;
    readonly uri: string;
    readonly sharedAccessSignature: string;
    readonly expiresAt: string;
  }[];
}

async function exportAll(id: string, fileType: string): Promise<void> {
  const source = { kind: "postgres", connection: "shop", table: "shop.items" };
  const body = exportBody({ fileType, entities: [{ name: "Items", source }], schedule: undefined });
  await local.define(`exports/${id}`, body);
}

async function run(id: string): Promise<void> {
  const { status } = await local.call("operator", {
    method: "POST",
    path: `/api/exports/${id}/runs`,
    body: { mode: "full" },
  });
  expect(status).toBe(202);
}

function subscribe(id: string, members: object = {}): Promise<void> {
  return local.define(`subscriptions/${id}`, {
    fileTypes: ["Topic.Items"],
    applications: [local.stack.file.clients["partner-a"].id],
    via: { kind: "topic", access: "sas" },
    ...members,
  });
}

async function endpoint(id: string, client: "partner-a" | "partner-b" = "partner-a") {
  const { status, json } = await local.call(client, { path: ENDPOINTS });
  expect(status).toBe(200);
  return (json() as { subscriptions: Endpoint[] }).subscriptions.find((each) => each.id === id);
}

function open(connectionString: string | undefined): ServiceBusClient {
  const client = new ServiceBusClient(connectionString ?? "", QUICK);
  onTestFinished(() => client.close());
  return client;
}

test("a subscriber with nothing but the endpoint's answer receives an event and downloads its file", async () => {
  await exportAll("topic-items", "Topic.Items");
  await subscribe("reader");
  await run("topic-items");

  const { serviceBus, containers } = (await endpoint("reader")) ?? {};
  const receiver = open(serviceBus?.connectionString).createReceiver(fileAvailable, "reader");
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 20_000 });
  await receiver.completeMessage(message as never);
  const { uri } = (message?.body ?? {}) as { uri?: string };
  const file = await fetch(`${uri}?${containers?.[0]?.sharedAccessSignature}`);

  expect(message?.applicationProperties).toMatchObject({
    blobType: "Topic.Items",
    audience: "all",
  });
  expect(file.status).toBe(200);
  expect(serviceBus?.connectionString).toMatch(/;EntityPath=file-available/);
});

test("a token opens one subscription for receiving, and one container for reading, and nothing else", async () => {
  await exportAll("other-items", "Other.Items");
  await subscribe("one");
  await subscribe("two");
  await run("topic-items");
  await run("other-items");
  const { serviceBus, containers } = (await endpoint("one")) ?? {};
  const client = open(serviceBus?.connectionString);
  const REFUSED = { code: "UnauthorizedAccess" };

  await client.createReceiver(fileAvailable, "one").peekMessages(1);
  for (const subscription of ["two", topology.subscriptions.fanOut]) {
    const receiver = client.createReceiver(fileAvailable, subscription);
    await expect(receiver.peekMessages(1)).rejects.toMatchObject(REFUSED);
  }
  await expect(
    client.createSender(fileAvailable).sendMessages({ body: "x" }),
  ).rejects.toMatchObject(REFUSED);
  const unbound = open(serviceBus?.connectionString?.replace(`;EntityPath=${fileAvailable}`, ""));
  await expect(unbound.createReceiver("ticks").peekMessages(1)).rejects.toMatchObject(REFUSED);

  const { uri = "", sharedAccessSignature } = containers?.[0] ?? {};
  const mine = await fileOf("Topic.Items");
  const theirs = await fileOf("Other.Items");
  const statusOf = async (url: string, init: RequestInit = {}) =>
    (await fetch(`${url}?${sharedAccessSignature}`, init)).status;
  expect(await statusOf(mine)).toBe(200);
  expect(await statusOf(theirs)).toBe(403);
  expect(await statusOf(mine, { method: "DELETE" })).toBe(403);
  const headers = { "x-ms-blob-type": "BlockBlob" };
  expect(await statusOf(`${uri}/new`, { method: "PUT", headers, body: "x" })).toBe(403);
  const list = await fetch(`${uri}?restype=container&comp=list&${sharedAccessSignature}`);
  expect(list.status).toBe(403);
});

async function fileOf(fileType: string): Promise<string> {
  return eventually(async () => {
    const { json } = await local.call("operator", { path: `/api/ledger/${fileType}` });
    return (json() as { items: { uri: string }[] }).items[0]?.uri ?? null;
  });
}

test("another application sees none of it, and the answer's signatures are in no log", async () => {
  await subscribe("private");
  const mine = await endpoint("private");

  expect(await endpoint("private", "partner-b")).toBeUndefined();
  const secrets = [
    mine?.serviceBus?.connectionString?.match(/sig=([^&;]+)/)?.[1] ?? "none",
    ...(mine?.containers ?? []).map(
      ({ sharedAccessSignature }) => /sig=([^&]+)/.exec(sharedAccessSignature)?.[1] ?? "none",
    ),
  ];
  expect(secrets.every((secret) => /^[A-Za-z0-9%]{40,}$/.test(secret))).toBe(true);
  const log = local.lines.join("\n");
  for (const secret of secrets) {
    expect(log).not.toContain(secret);
    expect(log).not.toContain(decodeURIComponent(secret));
  }
  expect(log).toContain("topic-token-issued");
});

test.each(["/en-us/API/External/Integration/Export/TemporaryEndpoints", `/gw/dev${ENDPOINTS}`])(
  "the endpoint answers at %s",
  async (path) => {
    expect((await local.call("partner-a", { path })).status).toBe(200);
  },
);

test("a deleted subscription is removed from the topic, and its token opens nothing", async () => {
  await subscribe("short");
  const { serviceBus } = (await endpoint("short")) ?? {};
  const { status } = await local.call("operator", {
    method: "DELETE",
    path: "/api/definitions/subscriptions/short",
  });
  expect(status).toBe(204);

  const receiver = open(serviceBus?.connectionString).createReceiver(fileAvailable, "short");
  await expect(receiver.peekMessages(1)).rejects.toMatchObject({ code: "MessagingEntityNotFound" });
  expect(await endpoint("short")).toBeUndefined();
});

test("a token survives one rotation of the key, and no two", async () => {
  await subscribe("rotated");
  const { serviceBus } = (await endpoint("rotated")) ?? {};
  const peek = () =>
    open(serviceBus?.connectionString).createReceiver(fileAvailable, "rotated").peekMessages(1);
  const rotate = async () => {
    const request = { method: "POST", path: "/api/topic/rotate-keys" };
    expect((await local.call("operator", request)).status).toBe(204);
  };

  await rotate();
  await peek();
  await rotate();

  await expect(peek()).rejects.toMatchObject({ code: "UnauthorizedAccess" });
  const fresh = await endpoint("rotated");
  const receiver = open(fresh?.serviceBus?.connectionString).createReceiver(
    fileAvailable,
    "rotated",
  );
  await receiver.peekMessages(1);
});

test("a topic subscription needs an owner, a filter that a rule can say, and keeps its order", async () => {
  await subscribe("ordered");
  const refusalOf = async (members: object) => {
    const { status, json } = await local.call("operator", {
      method: "PUT",
      path: "/api/definitions/subscriptions/ordered",
      body: {
        fileTypes: ["Topic.Items"],
        applications: [local.stack.file.clients["partner-a"].id],
        via: { kind: "topic", access: "sas" },
        ...members,
      },
    });
    return [status, (json() as { errors: { field: string }[] }).errors.map(({ field }) => field)];
  };

  expect(await refusalOf({ applications: undefined })).toEqual([400, ["applications"]]);
  expect(await refusalOf({ filter: "from ge 2026-01-01" })).toEqual([400, ["filter"]]);
  expect(await refusalOf({ via: { kind: "topic", access: "sas", ordered: true } })).toEqual([
    400,
    ["via.ordered"],
  ]);
});

test("an operator sees how far the subscription of the topic stands, and why it does not", async () => {
  const topicOf = async (id: string) => {
    const { json } = await local.call("operator", { path: `/api/subscriptions/${id}` });
    return (json() as { topic: object | null }).topic;
  };
  await subscribe("standing");
  const stands = { name: "standing", stands: true, pausedBecause: null, problem: null };
  expect(await topicOf("standing")).toEqual(stands);

  const { connectionString, certificate } = local.stack.file.serviceBus;
  const tlsOptions = { ca: certificate ?? "" };
  const admin = new ServiceBusAdministrationClient(connectionString, { tlsOptions });
  await admin.createSubscription(fileAvailable, "of-another");
  await subscribe("of-another");
  const problem = expect.stringContaining("Waybill did not make");
  expect(await topicOf("of-another")).toMatchObject({
    stands: false,
    pausedBecause: null,
    problem,
  });
});

test("with its own identity a partner is told the names, and given no token", async () => {
  await subscribe("own-identity", { via: { kind: "topic", access: "entra" } });

  const found = await endpoint("own-identity");

  expect(found?.serviceBus).toMatchObject({ subscription: "own-identity", access: "entra" });
  expect(found?.serviceBus).not.toHaveProperty("connectionString");
});
