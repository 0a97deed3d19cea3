import { type ExecFileException, execFile } from "node:child_process";
import { env } from "node:process";
import { onTestFinished } from "vitest";
import { type ServiceBusServer, startServiceBus } from "../../src/server.ts";
import { aNamespaceConfig, aQueue, aSubscription, aTopic } from "../builders.ts";

const DAY_MS = 24 * 60 * 60_000;

/** A broker with what the programs in other languages use, until the test ends. */
export async function startBroker(): Promise<ServiceBusServer> {
  const server = await startServiceBus({
    config: aNamespaceConfig({
      queues: [
        aQueue("orders"),
        aQueue("shipments"),
        aQueue("lasting", { defaultTimeToLiveMs: 100 * DAY_MS }),
        aQueue("imports", { requiresSession: true }),
      ],
      topics: [aTopic("files", { subscriptions: [aSubscription("s")] })],
    }),
  });
  onTestFinished(server.stop);
  return server;
}

/** No word to its makers, and no greeting. */
const QUIET = { DOTNET_CLI_TELEMETRY_OPTOUT: "1", DOTNET_NOLOGO: "1" };

/** Runs a program to its end. @returns what it wrote @throws Error with all its output when it failed */
export function run(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const end = (error: ExecFileException | null, out: string, complaints: string) =>
      error === null
        ? resolve(out)
        : reject(new Error(`${error.message}\n${out}\n${complaints}`, { cause: error }));
    const options = { env: { ...env, ...QUIET }, encoding: "utf8", timeout: 300_000 } as const;
    execFile(program, args, options, end);
  });
}
