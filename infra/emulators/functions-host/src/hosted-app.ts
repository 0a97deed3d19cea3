import type { AddressInfo, Server } from "node:net";
import {
  appHookContext,
  type CoreLog,
  type CoreRegistry,
  coreApi,
  coreRegistry,
  runHooks,
  throughLogHooks,
} from "./core-api.ts";
import { onLoopback } from "./http/loopback-listen.ts";
import { injectCore } from "./inject-core.ts";
import { loadApp } from "./load-app.ts";
import type { HostLog, HostLogEntry } from "./log.ts";

/** The app after its start, as the worker would hold it. */
export interface HostedApp {
  readonly registry: CoreRegistry;
  readonly coreLog: CoreLog;
  /** Port of the library's HTTP server; null with streaming off. */
  readonly proxyPort: number | null;
  /** Runs the appTerminate hooks and closes the library's server. */
  terminate(): Promise<void>;
}

export interface AppOptions {
  readonly appDirectory: string;
  readonly main?: string | undefined;
  readonly log: HostLog;
  write(entry: HostLogEntry): void;
}

/** The real worker's own capabilities, before the library adds its own. */
const WORKER_CAPABILITIES = {
  RawHttpBodyBytes: "true",
  RpcHttpTriggerMetadataRemoved: "true",
  RpcHttpBodyOnly: "true",
  IgnoreEmptyValuedRpcHttpHeaders: "true",
  UseNullableValueDictionaryForHttp: "true",
  WorkerStatus: "true",
  TypedDataCollection: "true",
  HandlesWorkerTerminateMessage: "true",
};

/**
 * Starts the app in the worker's order: entry files, appStart hooks, capabilities. The last step starts the library's
 * HTTP server if streaming is on. After that nothing can be registered.
 *
 * @throws Error when an entry file or a hook throws
 */
export async function startApp(options: AppOptions): Promise<HostedApp> {
  const registry = coreRegistry();
  const coreLog = coreLogTo(options.write);
  const api = coreApi(registry, (entry) => coreLog(throughLogHooks(registry, entry)));
  injectCore(api);
  const file = await loadApp(options.appDirectory, options.main).catch((error: unknown) => {
    throw registry.functions.size > 0 ? error : withoutFunctions(error as Error);
  });
  options.log.debug(`Loaded ${file}`);
  await runHooks(
    registry,
    "appStart",
    appHookContext(registry, { functionAppDirectory: options.appDirectory }),
  );
  const servers = await onLoopback(() => tellCapabilities(registry));
  registry.isStarted = true;
  return {
    registry,
    coreLog,
    proxyPort: proxyPortOf(servers),
    async terminate() {
      await runHooks(registry, "appTerminate", appHookContext(registry));
      await Promise.all(servers.map(close));
    },
  };
}

/** Such an app does not start here; in Azure nobody would notice. */
function withoutFunctions(error: Error): Error {
  return new Error(
    `${error.message}; and NO FUNCTION was registered before: Azure calls such an app healthy, and answers 404 everywhere`,
    { cause: error },
  );
}

function coreLogTo(write: (entry: HostLogEntry) => void): CoreLog {
  return ({ level, category, ...rest }) =>
    write({
      at: new Date(),
      level: level === "none" ? "information" : level,
      category: category === "user" ? "user" : "system",
      ...rest,
    });
}

/** Asking for the capabilities makes the library start its HTTP server. */
async function tellCapabilities({ model }: CoreRegistry): Promise<void> {
  await model?.getCapabilities?.({ ...WORKER_CAPABILITIES });
}

function proxyPortOf([server]: readonly Server[]): number | null {
  if (server === undefined) {
    return null;
  }
  // Connections to it are kept open. If the server closed idle ones by itself, requests on them would break.
  Object.assign(server, { keepAliveTimeout: 0 });
  return (server.address() as AddressInfo).port;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    (server as Partial<{ closeAllConnections(): void }>).closeAllConnections?.();
  });
}
