import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, type TestContext, test } from "vitest";
import { run, startBroker } from "./service-bus-clients.ts";

const BUILD_MS = 300_000;

/** The .NET program, or why there is none. */
let built: { readonly program: string } | { readonly missing: string };
let directory: string;

/** Restored and built beside the repository, so that nothing of it is left behind. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "service-bus-dotnet-"));
  built = await build(directory);
}, BUILD_MS);

afterAll(() => rm(directory, { recursive: true, force: true }));

async function build(into: string): Promise<typeof built> {
  const version = await run("dotnet", ["--version"]).catch(() => null);
  if (version === null) {
    return { missing: "dotnet is not installed" };
  }
  await cp(join(import.meta.dirname, "dotnet"), into, { recursive: true });
  const framework = `-p:TargetFramework=net${version.split(".")[0]}.0`;
  const failure = await run("dotnet", ["restore", into, framework]).then(() => null, String);
  if (failure !== null) {
    return { missing: `NuGet does not give the client: ${failure.slice(0, 500)}` };
  }
  const output = join(into, "out");
  await run("dotnet", ["build", into, framework, "--no-restore", "-o", output]);
  return { program: join(output, "ServiceBusClient.dll") };
}

/** The program's output for one scenario, with its own broker. */
async function see(scenario: string, { skip }: TestContext): Promise<unknown> {
  if ("missing" in built) {
    return skip(built.missing);
  }
  const { connectionString } = await startBroker();
  return JSON.parse(await run("dotnet", [built.program, connectionString, scenario]));
}

test(".NET: a processor that is stopped and started ten times loses and counts nothing", async (context) => {
  const { handled, left, dead } = (await see("processor", context)) as {
    handled: number;
    left: Record<string, number>;
    dead: number;
  };

  expect(dead).toBe(0);
  expect(left).toEqual(handled === 50 ? {} : { 0: 50 - handled });
});

test(".NET: a receiver that fetched ahead and closes gives all back, untried", async (context) => {
  expect(await see("prefetch", context)).toEqual({ left: { 0: 10 }, dead: 0 });
});

test(".NET: sessions are listed, all or those whose state was set since", async (context) => {
  expect(await see("sessions", context)).toEqual({
    accepted: "a",
    all: ["a", "b"],
    stateSet: ["a"],
    stateSetLater: [],
  });
});

test(".NET: a transaction is rolled back whole, and committed whole", async (context) => {
  expect(await see("transaction", context)).toEqual({
    afterRollback: ["0"],
    afterCommit: ["kept"],
  });
});

test(".NET: a transaction goes across queues", async (context) => {
  expect(await see("transaction-across", context)).toEqual({ orders: [], shipments: ["shipped"] });
});

test(".NET: a time to live above 49.7 days is read as it is", async (context) => {
  expect(await see("expiry", context)).toEqual({
    timeToLiveDays: 100,
    expiresAfterDays: 100,
    state: "Active",
    origin: 0,
  });
});

test(".NET: properties of a correlation filter keep their types", async (context) => {
  expect(await see("rules", context)).toEqual({
    long: "Int64 5",
    int: "Int32 5",
    span: "TimeSpan 01:30:00",
  });
});
