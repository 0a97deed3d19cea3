/**
 * Runs one function app in its own process:
 *
 *     node src/cli.ts --app DIR [--main FILE] [--port N] [--host-json FILE] [--grace-ms N]
 *       [--certificate FILE --certificate-key FILE]
 *
 * Settings come from the environment. With a parent process it speaks over IPC: `{ type: "ready", port, url, functions,
 * warnings }`, `{ type: "log", at, level, category, message, ... }`, `{ type: "failed", message }`. The message `{
 * type: "stop" }` or the parent's end stops it gracefully, and so do SIGTERM and SIGINT. Without a parent it writes
 * readable lines to stderr. An uncaught error ends it with a non-zero code, as it ends the platform's worker.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { parseArgs } from "node:util";
import { startFunctionsHost } from "./host.ts";
import { errorText, type HostLogEntry } from "./log.ts";
import type { FunctionsHost } from "./options.ts";

const { values: args } = parseArgs({
  options: {
    app: { type: "string", default: "." },
    main: { type: "string" },
    port: { type: "string", default: "7071" },
    "host-json": { type: "string" },
    "grace-ms": { type: "string" },
    // PEM files; with them the host answers by https
    certificate: { type: "string" },
    "certificate-key": { type: "string" },
  },
});

const appDirectory = resolve(args.app);
const hostJson = args["host-json"] === undefined ? undefined : resolve(args["host-json"]);
const tls = readCertificate();
const hasParent = process.send !== undefined;

function tell(message: Record<string, unknown>): void {
  if (process.connected) {
    // The callback receives the error of a parent that is ending: "disconnect" reports its end.
    process.send?.(message, () => undefined);
  }
}

function log(entry: HostLogEntry): void {
  if (hasParent) {
    tell({ type: "log", ...entry });
  } else {
    const place = entry.functionName === undefined ? "" : ` ${entry.functionName}:`;
    process.stderr.write(
      `${entry.at.toISOString()} ${entry.level.padEnd(11)}${place} ${entry.message}\n`,
    );
  }
}

function fail(error: unknown): void {
  log({ at: new Date(), level: "critical", category: "host", message: errorText(error) });
  const message = error instanceof Error ? error.message : String(error);
  const end = () => process.exit(1);
  if (process.connected) {
    // The parent should get the reason before the process ends.
    process.send?.({ type: "failed", message }, end);
  } else {
    end();
  }
}

/** The app trusts the certificate, too, because other servers on this machine may use it. */
function readCertificate(): { tls?: { cert: string; key: string } } {
  const { certificate, "certificate-key": keyFile } = args;
  if (certificate === undefined || keyFile === undefined) {
    return {};
  }
  const cert = readFileSync(certificate, "utf8");
  setDefaultCACertificates([...getCACertificates("default"), cert]);
  return { tls: { cert, key: readFileSync(keyFile, "utf8") } };
}

async function start(): Promise<FunctionsHost> {
  // biome-ignore lint/style/noProcessEnv: the command line is where this process's settings come in
  const settings = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  // The platform's worker runs in the app's directory.
  process.chdir(appDirectory);
  return await startFunctionsHost({
    appDirectory,
    port: Number(args.port),
    settings: Object.fromEntries(settings),
    log,
    ...tls,
    ...(args.main === undefined ? {} : { main: args.main }),
    ...(hostJson === undefined ? {} : { hostJson }),
    ...(args["grace-ms"] === undefined ? {} : { graceMs: Number(args["grace-ms"]) }),
  });
}

/**
 * The SDK of this host's own listeners closes links without waiting for it. The library under it rejects when a silent
 * broker does not answer, or answers that the session is lost. On the platform, listeners are not part of the app's
 * process. The app's own SDK is in its bundle, so the stack tells them apart, and only listeners have sessions.
 */
function isListenersFarewell(error: unknown): boolean {
  if (error instanceof Error) {
    return (
      error.name === "OperationTimeoutError" &&
      /node_modules[\\/]rhea-promise[\\/]/.test(error.stack ?? "")
    );
  }
  const { condition } = (error ?? {}) as { condition?: unknown };
  return condition === "com.microsoft:session-lock-lost";
}

process.on("uncaughtException", fail);
process.on("unhandledRejection", (error) => {
  if (isListenersFarewell(error)) {
    log({ at: new Date(), level: "warning", category: "host", message: errorText(error) });
  } else {
    fail(error);
  }
});
try {
  const host = await start();
  const stop = () => {
    host.stop().then(() => process.exit(0), fail);
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  process.once("disconnect", stop);
  process.on("message", (message: { type?: string } | null) => {
    if (message?.type === "stop") {
      stop();
    }
  });
  if (hasParent && !process.connected) {
    stop();
  }
  const { port, url, functions, warnings } = host;
  tell({ type: "ready", port, url, functions, warnings });
  log({ at: new Date(), level: "information", category: "host", message: `Listening on ${url}` });
} catch (error) {
  fail(error);
}
