import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { AzureNamedKeyCredential, TableClient } from "@azure/data-tables";
import { BlobServiceClient } from "@azure/storage-blob";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Azurite, startAzurite } from "../../../infra/local/azurite.ts";

/** The key that every emulator has, as Azurite knows it. */
const { EMULATOR_ACCOUNT_KEY_STR: PUBLISHED_KEY } = createRequire(import.meta.url)(
  "azurite/dist/src/blob/utils/constants.js",
);

const lines: string[] = [];
let azurite: Azurite;

beforeAll(async () => {
  azurite = await startAzurite({ log: (line) => lines.push(line) });
});
afterAll(() => azurite.stop());

const containerOf = ({ connectionString }: Azurite) =>
  BlobServiceClient.fromConnectionString(connectionString, {
    retryOptions: { maxTries: 1 },
  }).getContainerClient("files");
const tableOf = ({ connectionString }: Azurite) =>
  TableClient.fromConnectionString(connectionString, "things", { allowInsecureConnection: true });

test("blobs and rows written with the SDKs are read back, and each request is logged", async () => {
  await containerOf(azurite).create();
  await tableOf(azurite).createTable();

  await containerOf(azurite).getBlockBlobClient("a/b.txt").upload("hello", 5);
  await tableOf(azurite).createEntity({ partitionKey: "p", rowKey: "r", amount: 3n });

  const blob = await containerOf(azurite).getBlockBlobClient("a/b.txt").downloadToBuffer();
  expect(blob.toString()).toBe("hello");
  expect(await tableOf(azurite).getEntity("p", "r")).toMatchObject({ amount: 3n });
  expect(lines.filter((line) => line.includes('"PUT /devstoreaccount1/files/a'))).toHaveLength(1);
});

test("the key is random, and the emulators' published key opens nothing", async () => {
  const other = await startAzurite();
  const name = azurite.accountName;

  const withPublishedKey = new TableClient(
    azurite.tableEndpoint,
    "things",
    new AzureNamedKeyCredential(name, PUBLISHED_KEY),
    { allowInsecureConnection: true },
  );

  await expect(withPublishedKey.getEntity("p", "r")).rejects.toMatchObject({ statusCode: 403 });
  expect(azurite.accountKey).not.toBe(other.accountKey);
  expect(Buffer.from(azurite.accountKey, "base64")).toHaveLength(64);
  await other.stop();
});

test("two at once share nothing", async () => {
  const other = await startAzurite();

  expect(await containerOf(other).exists()).toBe(false);
  await containerOf(other).create();
  await other.stop();

  expect(await containerOf(azurite).getBlockBlobClient("a/b.txt").exists()).toBe(true);
});

test("the queue service runs only when it is asked for", async () => {
  const withQueue = await startAzurite({ queuePort: 0 });

  const answer = await fetch(`${withQueue.queueEndpoint}?comp=list`);

  expect(azurite.queueEndpoint).toBeNull();
  expect(azurite.connectionString).not.toContain("QueueEndpoint");
  expect(withQueue.connectionString).toContain(`;QueueEndpoint=${withQueue.queueEndpoint}`);
  expect(answer.headers.get("server")).toContain("Azurite-Queue");
  await withQueue.stop();
});

test("a data directory keeps blobs and rows between starts", async () => {
  const parent = await mkdtemp(join(tmpdir(), "waybill-azurite-"));
  const dataDirectory = join(parent, "made", "here");
  const first = await startAzurite({ dataDirectory });
  await containerOf(first).create();
  await containerOf(first).getBlockBlobClient("kept").upload("hello", 5);
  await tableOf(first).createTable();
  await tableOf(first).createEntity({ partitionKey: "p", rowKey: "r", amount: 3n });
  await first.stop();

  const second = await startAzurite({ dataDirectory, accountKey: first.accountKey });

  const blob = await containerOf(second).getBlockBlobClient("kept").downloadToBuffer();
  expect(blob.toString()).toBe("hello");
  expect(await tableOf(second).getEntity("p", "r")).toMatchObject({ amount: 3n });
  expect(second.accountKey).toBe(first.accountKey);
  await second.stop();
  await rm(parent, { recursive: true });
});

test("without a data directory nothing is written to the working directory", () => {
  expect(["blob", "blob.json", "table.json", "__blobstorage__"].filter(existsSync)).toEqual([]);
});

test.each(["blobPort", "tablePort"] as const)(
  "a taken %s is named, and nothing is left running",
  async (option) => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;

    await expect(startAzurite({ [option]: port })).rejects.toThrow(
      `Cannot listen on 127.0.0.1:${port}: another program has the port. Stop that program, or choose another port.`,
    );

    other.close();
    await once(other, "close");
    const again = await startAzurite({ [option]: port });
    expect(again.connectionString).toContain(`:${port}/devstoreaccount1`);
    await again.stop();
  },
);

test("a process whose start fails comes to its end by itself", async () => {
  const dataDirectory = await mkdtemp(join(tmpdir(), "waybill-azurite-"));
  const module = new URL("../../../infra/local/azurite.ts", import.meta.url);
  const [, taken] = /:(\d+)\//.exec(azurite.blobEndpoint) ?? [];
  const script = `
    import { startAzurite } from "${module}";
    await startAzurite({ blobPort: ${taken}, dataDirectory: ${JSON.stringify(dataDirectory)} })
      .catch((error) => process.stdout.write(error.message));`;

  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "--eval", script],
    { timeout: 25_000 },
  );

  expect(stdout).toContain(`Cannot listen on 127.0.0.1:${taken}`);
  await rm(dataDirectory, { recursive: true });
}, 30_000);

test("stop ends the servers although a client keeps its connection", async () => {
  const short = await startAzurite();
  await containerOf(short).create();

  await short.stop();
  await short.stop();

  await expect(fetch(short.blobEndpoint)).rejects.toMatchObject({
    cause: { code: "ECONNREFUSED" },
  });
});
