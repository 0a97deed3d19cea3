import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";

export interface BlobService {
  readonly connectionString: string;
  stop(): Promise<void>;
}

const ARGUMENTS = [
  "--blobPort=0",
  "--inMemoryPersistence",
  "--disableTelemetry",
  "--skipApiVersionCheck",
];

/**
 * Runs Azurite's blob service in a process of its own, in memory, with a key of its own.
 *
 * @throws Error when the service ends before it listens
 */
export async function startAzurite(): Promise<BlobService> {
  const program = createRequire(import.meta.url).resolve("azurite/dist/src/blob/main.js");
  const key = randomBytes(64).toString("base64");
  const directory = await mkdtemp(join(tmpdir(), "azurite-"));
  const child = spawn(process.execPath, [program, ...ARGUMENTS], {
    cwd: directory,
    // biome-ignore lint/style/noProcessEnv: the child needs the machine's own settings besides ours
    env: { ...process.env, AZURITE_ACCOUNTS: `test:${key}` },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exit = once(child, "exit");
  for await (const line of createInterface({ input: child.stdout })) {
    const [, address] = /listens on (http:\S+)/.exec(line) ?? [];
    if (address !== undefined) {
      child.stdout.resume();
      return {
        connectionString: `DefaultEndpointsProtocol=http;AccountName=test;AccountKey=${key};BlobEndpoint=${address}/test`,
        stop: async () => {
          child.kill();
          await exit;
          await rm(directory, { recursive: true, force: true });
        },
      };
    }
  }
  throw new Error("Azurite ended before it listened");
}
