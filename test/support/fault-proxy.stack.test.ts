import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { TableClient } from "@azure/data-tables";
import { BlobServiceClient, type ContainerClient } from "@azure/storage-blob";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite, storageConnectionString } from "../../infra/local/azurite.ts";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";

let azurite: Azurite;
let blobs: FaultProxy;
let tables: FaultProxy;
let container: ContainerClient;
let table: TableClient;

beforeAll(async () => {
  azurite = await startAzurite();
  blobs = await startFaultProxy(azurite.blobEndpoint);
  tables = await startFaultProxy(azurite.tableEndpoint);
  const connectionString = storageConnectionString({
    ...azurite,
    blobEndpoint: blobs.url,
    tableEndpoint: tables.url,
  });
  container = BlobServiceClient.fromConnectionString(connectionString, {
    retryOptions: { maxTries: 3, retryDelayInMs: 1 },
  }).getContainerClient("files");
  table = TableClient.fromConnectionString(connectionString, "things", {
    allowInsecureConnection: true,
    retryOptions: { maxRetries: 2, retryDelayInMs: 1 },
  });
  await container.create();
  await table.createTable();
});
afterEach(() => {
  blobs.clear();
  tables.clear();
});
afterAll(async () => {
  await Promise.all([blobs.stop(), tables.stop()]);
  await azurite.stop();
});

test("without rules blobs, rows, transactions and pages of rows pass, signatures valid", async () => {
  const content = Buffer.alloc(300_000, "x");
  await container.getBlockBlobClient("plain").uploadData(content, {
    blockSize: 100_000,
    maxSingleShotSize: 100_000,
  });
  await table.submitTransaction(
    ["1", "2", "3"].map((rowKey) => ["create", { partitionKey: "pages", rowKey }]),
  );

  expect(await container.getBlockBlobClient("plain").downloadToBuffer()).toEqual(content);
  const rows = table.listEntities({ queryOptions: { filter: "PartitionKey eq 'pages'" } });
  const pages = [];
  for await (const page of rows.byPage({ maxPageSize: 2 })) pages.push(page.length);
  expect(pages).toEqual([2, 1]);
  expect(blobs.count("PUT", /comp=block&/)).toBe(3);
  expect(tables.count("POST", /\$batch/)).toBe(1);
});

test("lose-response: the write has happened, and the SDK's own retry then meets it", async () => {
  const { met } = tables.inject({
    method: "POST",
    path: /things/,
    fault: { kind: "lose-response" },
  });

  const written = table.createEntity({ partitionKey: "lost", rowKey: "r" });

  await expect(written).rejects.toMatchObject({ statusCode: 409 });
  await met;
  expect(tables.requests.slice(-2)).toMatchObject([{ fault: "lose-response" }, { fault: null }]);
  expect(await table.getEntity("lost", "r")).toBeDefined();
});

test("lose-response of a create-only blob is a conflict of our own making", async () => {
  blobs.inject({ method: "PUT", path: /created-once/, fault: { kind: "lose-response" } });

  const upload = container
    .getBlockBlobClient("created-once")
    .upload("hello", 5, { conditions: { ifNoneMatch: "*" } });

  await expect(upload).rejects.toMatchObject({ statusCode: 409, code: "BlobAlreadyExists" });
});

test("lose-request: nothing has happened, and the SDK's retry does it", async () => {
  tables.inject({ method: "POST", path: /things/, fault: { kind: "lose-request" } });

  await table.createEntity({ partitionKey: "unheard", rowKey: "r" });

  expect(tables.requests.slice(-2)).toMatchObject([{ fault: "lose-request" }, { fault: null }]);
});

test("refuse: the SDKs understand 503 ServerBusy and try again, until the rule is used up", async () => {
  const busy = { kind: "refuse", status: 503, code: "ServerBusy" } as const;
  tables.inject({ path: /things/, times: 2, fault: busy });
  blobs.inject({ path: /plain/, times: 9, fault: busy });

  await table.createEntity({ partitionKey: "busy", rowKey: "r" });

  expect(tables.requests.slice(-3).map(({ fault }) => fault)).toEqual(["refuse", "refuse", null]);
  const download = container.getBlockBlobClient("plain").download();
  await expect(download).rejects.toMatchObject({ statusCode: 503, code: "ServerBusy" });
  expect(blobs.requests.slice(-3).map(({ fault }) => fault)).toEqual([
    "refuse",
    "refuse",
    "refuse",
  ]);
});

test("skip lets requests pass before the fault", async () => {
  const conflict = { kind: "refuse", status: 409, code: "SomeConflict" } as const;
  tables.inject({ method: "GET", path: /things/, skip: 1, fault: conflict });
  const read = async () => {
    await table.getEntity("lost", "r").catch((error) => error.statusCode);
    return tables.requests.at(-1)?.fault;
  };

  expect([await read(), await read(), await read()]).toEqual([null, "refuse", null]);
});

test("hold: the request waits until it is let go", async () => {
  const { promise: until, resolve: letGo } = Promise.withResolvers<void>();
  const { met } = tables.inject({ method: "POST", path: /things/, fault: { kind: "hold", until } });
  const held = table.createEntity({ partitionKey: "held", rowKey: "r" });

  await met;
  await expect(table.getEntity("held", "r")).rejects.toMatchObject({ statusCode: 404 });
  letGo();
  await held;

  expect(await table.getEntity("held", "r")).toBeDefined();
});

test("cut-response: a download breaks off in the middle, which the SDK does not mend", async () => {
  const fault = { kind: "cut-response", afterBytes: 1_000 } as const;
  blobs.inject({ method: "GET", path: /plain/, times: 2, fault });
  const blob = container.getBlockBlobClient("plain");
  let received = 0;

  const { readableStreamBody } = await blob.download();
  const reading = (async () => {
    for await (const chunk of readableStreamBody ?? []) received += chunk.length;
  })();

  await expect(reading).rejects.toMatchObject({ name: "AbortError" });
  expect(received).toBeLessThanOrEqual(1_000);
  await expect(blob.downloadToBuffer()).rejects.toMatchObject({ name: "AbortError" });
  expect(await blob.downloadToBuffer()).toHaveLength(300_000);
});

test("headers pass as they came in both directions, the host too", async () => {
  const target = createServer((request, response) => {
    response.writeHead(202, "Noted", ["X-Twice", "1", "X-Twice", "2"]);
    response.end(JSON.stringify([request.method, request.url, request.headers.host]));
  }).listen(0, "127.0.0.1");
  await once(target, "listening");
  const proxy = await startFaultProxy(
    `http://127.0.0.1:${(target.address() as AddressInfo).port}/base`,
  );

  const answer = await fetch(`${proxy.url}/a%2Fb?c=%20d`, { method: "PATCH", body: "x" });

  expect([answer.status, answer.statusText, answer.headers.get("x-twice")]).toEqual([
    202,
    "Noted",
    "1, 2",
  ]);
  expect(await answer.json()).toEqual(["PATCH", "/base/a%2Fb?c=%20d", new URL(proxy.url).host]);
  await proxy.stop();
  target.close();
});

test("stop ends the proxy, the target runs on", async () => {
  const proxy = await startFaultProxy(azurite.tableEndpoint);
  await fetch(proxy.url);
  await proxy.stop();

  await expect(fetch(proxy.url)).rejects.toThrow();
  await expect(fetch(azurite.tableEndpoint)).resolves.toBeDefined();
});
