import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServiceBus } from "service-bus-emulator";
import { parseConfig } from "service-bus-emulator/config";
import { expect, onTestFinished, test } from "vitest";
import { startAzurite } from "../../../infra/local/azurite.ts";
import { listenLocally } from "../../../infra/local/listen.ts";
import { provisionStorage } from "../../../infra/local/provision.ts";
import {
  ANY_PORTS,
  type Stack,
  type StackOptions,
  startStack,
} from "../../../infra/local/stack.ts";
import { useConformanceRecord } from "../../support/conformance-record.ts";
import { eventually } from "../../support/local-stack.ts";

const recording = useConformanceRecord();

async function start(options: Partial<StackOptions>): Promise<Stack> {
  return startStack({
    ports: ANY_PORTS,
    shop: true,
    demo: true,
    onLine: () => undefined,
    settings: recording,
    ...options,
  });
}

interface Entry {
  readonly sequence: number;
}

async function ledgerOf(stack: Stack): Promise<Entry[]> {
  const response = await fetch(`${stack.file.app}/api/ledger/${stack.file.demo.fileType}`, {
    headers: { authorization: `Bearer ${await stack.token("operator")}` },
  });
  return ((await response.json()) as { items: Entry[] }).items;
}

async function filesPublished(stack: Stack, atLeast: number): Promise<number> {
  return eventually(async () => {
    const entries = await ledgerOf(stack);
    return entries.length >= atLeast ? entries.length : null;
  });
}

test("a storage account and a broker that already run are used, and left running", async () => {
  const azurite = await startAzurite();
  const config = await readFile("infra/local/service-bus.json", "utf8");
  const broker = await startServiceBus({ config: parseConfig(config) });
  onTestFinished(async () => {
    await azurite.stop();
    await broker.stop();
  });

  const stack = await start({
    storage: azurite.connectionString,
    serviceBus: broker.connectionString,
  });
  await filesPublished(stack, 1);

  expect(stack.cloud.azurite).toBeNull();
  expect(stack.cloud.broker).toBeNull();
  expect(stack.file.serviceBus.connectionString).toBe(broker.connectionString);
  await stack.stop();
  await provisionStorage(azurite.connectionString);
});

test("with a data directory the ledger goes on where it stopped", async () => {
  const dataDirectory = await mkdtemp(join(tmpdir(), "waybill-data-"));
  onTestFinished(() => rm(dataDirectory, { recursive: true }));
  // as root the database runs under a user of its own, who must be able to pass
  await chmod(dataDirectory, 0o711);
  const first = await start({ dataDirectory });
  const before = await filesPublished(first, 1);
  await first.stop();

  const second = await start({ dataDirectory });
  onTestFinished(() => second.stop());
  await filesPublished(second, before + 1);

  const sequences = (await ledgerOf(second)).map(({ sequence }) => sequence);
  expect(sequences).toEqual(sequences.map((_, index) => index + 1));
  expect(second.file.clients).toEqual(first.file.clients);
});

test("a taken port gives a clear message, and what had started ends", async () => {
  const other = createServer();
  const port = await listenLocally(other, 0);
  onTestFinished(() => void other.close());

  await expect(
    start({ shop: false, demo: false, ports: { ...ANY_PORTS, table: port } }),
  ).rejects.toThrow(`Cannot listen on 127.0.0.1:${port}: another program has the port.`);
});
