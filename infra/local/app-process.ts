import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { CertificateInFiles } from "./certificate.ts";

const CLI = fileURLToPath(import.meta.resolve("functions-host-emulator/cli"));

export interface AppProcess {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Ends the process as an operator would: running work is finished. */
  stop(): Promise<void>;
  /** Ends the process as a crash would. */
  kill(): Promise<void>;
}

export interface AppOptions {
  /** The app as it is deployed: host.json, package.json and the files that it names. */
  readonly directory: string;
  /** 0: any free port. */
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
  /** With a certificate the app answers by https, and trusts servers that use the same one. */
  readonly certificate?: CertificateInFiles;
  /** Called with each line that the app or its host writes. */
  readonly onLine: (line: string) => void;
}

/**
 * Runs the app under the local Functions host, in its own process, so that it can die while storage and broker
 * continue. It ends with this process, however this process ends.
 *
 * @throws Error with the process's output when it ends before it is ready
 */
export async function startApp(options: AppOptions): Promise<AppProcess> {
  const child = spawn(
    process.execPath,
    [CLI, "--app", options.directory, "--port", String(options.port), ...httpsOptions(options)],
    {
      // biome-ignore lint/style/noProcessEnv: the child needs the machine's own settings besides ours
      env: { ...process.env, ...options.settings },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    },
  );
  const ready = await readiness(child, options.onLine);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const exit = once(child, "exit");
      child.kill(signal);
      await exit;
    }
  };
  return {
    ...ready,
    pid: child.pid ?? 0,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
  };
}

function httpsOptions({ certificate }: AppOptions): string[] {
  return certificate === undefined
    ? []
    : ["--certificate", certificate.certFile, "--certificate-key", certificate.keyFile];
}

type HostReport =
  | ({ readonly type: "ready" } & Ready)
  | { readonly type: "failed"; readonly message: string }
  | { readonly type: "log"; readonly level: string; readonly message: string };

interface Ready {
  readonly url: string;
  readonly port: number;
}

async function readiness(child: ChildProcess, onLine: (line: string) => void): Promise<Ready> {
  const written: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) {
      createInterface({ input: stream }).on("line", (line) => {
        written.push(line);
        written.splice(0, written.length - 50);
        onLine(line);
      });
    }
  }
  return new Promise((resolve, reject) => {
    child.on("message", (message) => {
      const report = message as HostReport;
      if (report.type === "ready") {
        resolve({ url: report.url, port: report.port });
      } else if (report.type === "failed") {
        reject(new Error(report.message));
      } else if (report.level !== "information" && report.level !== "debug") {
        onLine(`${report.level}: ${report.message}`);
      }
    });
    child.once("error", reject);
    child.once("exit", (code) => {
      reject(
        new Error(`Cannot start the app: its process ended with ${code}\n${written.join("\n")}`),
      );
    });
  });
}
