import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export interface LogLine {
  readonly level: string;
  readonly category: string;
  readonly message: string;
  readonly functionName?: string;
}

export interface TestApp {
  readonly url: string;
  readonly port: number;
  readonly warnings: readonly string[];
  readonly functions: readonly { name: string; problem: string | null; isDisabled: boolean }[];
  readonly log: readonly LogLine[];
  readonly child: ChildProcess;
  /** Resolves with the first line, past or future, whose message contains the text. */
  line(text: string): Promise<LogLine>;
  /** Stops the app gracefully and resolves with the exit code of its process. */
  stop(): Promise<number | null>;
}

interface AppOptions {
  readonly settings?: Record<string, string>;
  readonly hostJson?: Record<string, unknown>;
  readonly arguments?: readonly string[];
}

const CLI = join(import.meta.dirname, "..", "src", "cli.ts");
const APPS = join(import.meta.dirname, "apps");

/**
 * Starts one of the sample apps in its own process, as the demo does.
 *
 * @throws Error with the host's reason when the app does not start
 */
export async function startTestApp(main: string, options: AppOptions = {}): Promise<TestApp> {
  const directory = mkdtempSync(join(tmpdir(), "functions-host-"));
  const hostJson = join(directory, "host.json");
  writeFileSync(hostJson, JSON.stringify({ version: "2.0", ...options.hostJson }));
  const child = fork(
    CLI,
    [
      "--app",
      APPS,
      "--main",
      main,
      "--port",
      "0",
      "--host-json",
      hostJson,
      ...(options.arguments ?? []),
    ],
    {
      env: { PATH: "/usr/bin", TMPDIR: directory, ...options.settings },
      stdio: "pipe",
      execArgv: [],
    },
  );
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const lines = lineBook();
  let stderr = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  child.on("message", (message: { type: string } & LogLine) => {
    if (message.type === "log") {
      lines.add(message);
    }
  });
  const stop = async () => {
    child.kill("SIGTERM");
    const code = await exited;
    rmSync(directory, { recursive: true, force: true });
    return code;
  };
  const ended = exited.then((code) => {
    throw new Error(`The app ended with code ${code}: ${stderr}`);
  });
  try {
    const ready = await Promise.race([readyMessage(child), ended]);
    return { ...ready, log: lines.log, line: lines.line, child, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    ended.catch(() => undefined);
  }
}

type Ready = Pick<TestApp, "url" | "port" | "warnings" | "functions">;

function readyMessage(child: ChildProcess): Promise<Ready> {
  return new Promise((resolve, reject) => {
    child.on("message", (message: { type: string; message: string } & Ready) => {
      if (message.type === "ready") {
        resolve(message);
      } else if (message.type === "failed") {
        reject(new Error(message.message));
      }
    });
  });
}

function lineBook() {
  const log: LogLine[] = [];
  const waiting = new Set<() => void>();
  return {
    log,
    add(line: LogLine) {
      log.push(line);
      for (const check of waiting) {
        check();
      }
    },
    line: (text: string) => lineOf(log, waiting, text),
  };
}

function lineOf(log: LogLine[], waiting: Set<() => void>, text: string): Promise<LogLine> {
  return new Promise((resolve) => {
    const check = () => {
      const found = log.find(({ message }) => message.includes(text));
      if (found !== undefined) {
        waiting.delete(check);
        resolve(found);
      }
    };
    waiting.add(check);
    check();
  });
}

/** Starts an app for one test and stops it with the test. */
export async function startAppForTest(main: string, options: AppOptions = {}): Promise<TestApp> {
  const app = await startTestApp(main, options);
  onTestFinished(async () => {
    await app.stop();
  });
  return app;
}
