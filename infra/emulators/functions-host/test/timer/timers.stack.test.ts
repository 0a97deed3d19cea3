import { join } from "node:path";
import { ContainerClient } from "@azure/storage-blob";
import { manualClock } from "service-bus-emulator/clock";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startFunctionsHost } from "../../src/host.ts";
import type { HostLogEntry } from "../../src/log.ts";
import type { FunctionsHost } from "../../src/options.ts";
import { type BlobService, startAzurite } from "../start-azurite.ts";

const MINUTE_MS = 60_000;
const clock = manualClock(new Date("2026-01-01T10:00:30Z").getTime());
const log: HostLogEntry[] = [];
let azurite: BlobService | undefined;
let container: ContainerClient;
let host: FunctionsHost | undefined;

const options = {
  appDirectory: join(import.meta.dirname, "..", "apps"),
  main: "timers.mjs",
  hostJson: { version: "2.0", functionTimeout: "00:05:00" },
  clock,
  graceMs: 10,
  log: (entry: HostLogEntry) => log.push(entry),
};

beforeAll(async () => {
  azurite = await startAzurite();
  container = new ContainerClient(azurite.connectionString, "azure-webjobs-hosts");
  await container.create();
  await writeStatus("hourly", {
    Last: "2026-01-01T07:00:00+00:00",
    Next: "2026-01-01T08:00:00+00:00",
    LastUpdated: "2026-01-01T07:00:00+00:00",
  });
  host = await startFunctionsHost({
    ...options,
    settings: {
      AzureWebJobsStorage: azurite.connectionString,
      AzureFunctionsWebHost__hostid: "test-host",
      Hourly: "0 0 * * * *",
      "AzureWebJobs.off.Disabled": "true",
    },
  });
  clock.advance(0);
});

afterAll(async () => {
  await host?.stop();
  await azurite?.stop();
});

const statusBlob = (name: string) =>
  container.getBlockBlobClient(`timers/test-host/Host.Functions.${name}/status`);

async function writeStatus(name: string, status: Record<string, string>) {
  const text = JSON.stringify(status);
  await statusBlob(name).upload(text, text.length);
}

const readStatus = async (name: string) =>
  JSON.parse((await statusBlob(name).downloadToBuffer()).toString());

const toldBy = (functionName: string) =>
  log
    .filter(({ category, message }) => category === "user" && message.startsWith(functionName))
    .map(({ message }) => JSON.parse(message.slice(functionName.length)));

const linesOf = (verb: string, functionName: string) =>
  log.filter(({ message }) => message.startsWith(`${verb} 'Functions.${functionName}'`));
const begun = (functionName: string) => linesOf("Executing", functionName).length;
const ended = (functionName: string) => linesOf("Executed", functionName).length;

test("a missed occurrence is made up for once, and the status goes back to Blob Storage", async () => {
  await expect.poll(() => ended("hourly")).toBe(1);

  expect(toldBy("hourly")).toEqual([
    expect.objectContaining({
      isPastDue: true,
      scheduleStatus: expect.objectContaining({ next: "2026-01-01T08:00:00+00:00" }),
    }),
  ]);
  await expect
    .poll(() => readStatus("hourly"))
    .toEqual({
      Last: "2026-01-01T10:00:30+00:00",
      Next: "2026-01-01T11:00:00+00:00",
      LastUpdated: "2026-01-01T10:00:30+00:00",
    });
});

test("a new timer is remembered before its first run, and run on time", async () => {
  expect(await readStatus("minutely")).toMatchObject({ Next: "2026-01-01T10:01:00+00:00" });

  clock.advance(MINUTE_MS / 2);
  await expect.poll(() => ended("minutely")).toBe(1);

  expect(toldBy("minutely")[0]).toMatchObject({ isPastDue: false });
  await expect
    .poll(() => readStatus("minutely"))
    .toMatchObject({ Next: "2026-01-01T10:02:00+00:00" });
});

test("a sub-minute timer runs unmonitored, a disabled one not at all", async () => {
  await expect.poll(() => ended("often")).toBeGreaterThan(0);

  expect(toldBy("often")[0]).toEqual({
    isPastDue: false,
    schedule: { adjustForDST: true },
    scheduleStatus: null,
  });
  expect(await statusBlob("often").exists()).toBe(false);
  expect(ended("off")).toBe(0);
});

test("runOnStartup runs at the start", () => {
  expect(toldBy("atStart")).toHaveLength(1);
});

test("functionTimeout fails the invocation", async () => {
  await fetch(`${host?.url}/admin/functions/hangs`, { method: "POST", body: "{}" });
  await expect.poll(() => begun("hangs")).toBe(1);
  clock.advance(5 * MINUTE_MS);

  await expect.poll(() => ended("hangs")).toBe(1);
  expect(linesOf("Executed", "hangs")[0]?.message).toContain(
    'Timeout of 300 s exceeded by function "hangs"',
  );
});

test("a second host in the process is refused", async () => {
  await expect(startFunctionsHost(options)).rejects.toThrow("serves one app in a process");
});

test("stop can be called again and leaves no timer", async () => {
  await Promise.all([host?.stop(), host?.stop()]);
  const before = ended("minutely");
  clock.advance(10 * MINUTE_MS);

  expect(ended("minutely")).toBe(before);
});
