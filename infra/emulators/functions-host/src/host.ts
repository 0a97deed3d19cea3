import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { systemClock } from "./clock.ts";
import { type FunctionProblem, type HostFunction, hostFunctions } from "./host-function.ts";
import { type HostJson, parseHostJson } from "./host-json.ts";
import { type HostedApp, startApp } from "./hosted-app.ts";
import { httpRoutes } from "./http/http-routes.ts";
import type { HttpRoute } from "./http/router.ts";
import { type RunningHttp, startHttp } from "./http/start-http.ts";
import { type Invoker, invoker } from "./invoker.ts";
import { errorText, type HostLog, hostLog } from "./log.ts";
import { refuseUnserved } from "./not-served.ts";
import type { FunctionDescription, FunctionsHost, FunctionsHostOptions } from "./options.ts";
import { type ServiceBusClients, serviceBusClients } from "./service-bus/clients.ts";
import { exportSettings, localSettings, readJsonFile, type Settings, setting } from "./settings.ts";
import { makeTriggers, type Triggers } from "./start-triggers.ts";
import { startupWarnings } from "./startup-checks.ts";
import { blobScheduleStatuses } from "./timer/blob-schedule-statuses.ts";
import { memoryScheduleStatuses, type ScheduleStatusStore } from "./timer/schedule-status.ts";

const DEFAULT_GRACE_MS = 10_000;

/**
 * Starts a function app on this machine, through the real @azure/functions library, with the platform's behaviour: its
 * routing, its quirks, its triggers. It warns loudly about everything that would break only in Azure.
 *
 * One app per process: the library keeps the first host it gets, and the app reads its settings in process.env, to
 * which this function copies them.
 *
 * @throws Error when the app, its host.json or its settings cannot be read, when it uses a part that is not served
 *   here, or when the port is taken
 * @see https://learn.microsoft.com/azure/azure-functions/functions-develop-local
 */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  const log = hostLog(options.log);
  const environment = readEnvironment(options);
  exportSettings(environment.settings);
  const app = await startApp({ ...options, main: options.main, log, write: options.log });
  refuseUnserved({
    functions: [...app.registry.functions.values()].map(({ metadata }) => metadata),
    settings: environment.settings,
    isStreaming: app.proxyPort !== null,
  });
  const index = indexFunctions(app, environment);
  const parts = assemble(options, { app, environment, index, log });
  const triggers = await makeTriggers(parts.triggerPorts, index.functions);
  const http = await startHttp({
    ...environment,
    ...index,
    port: options.port ?? 0,
    tls: options.tls ?? null,
    proxyPort: app.proxyPort,
    log,
    invoke: parts.invocations.invoke,
    runByHand: triggers.runByHand,
  });
  const problems = [...index.problems, ...triggers.problems];
  const warnings = [
    ...environment.warnings,
    ...problems.map(
      ({ functionName, message }) => `Function "${functionName}" DOES NOT RUN: ${message}`,
    ),
    ...startupWarnings({ ...index, settings: environment.settings }),
  ];
  for (const warning of warnings) {
    log.warn(warning);
  }
  await triggers.start();
  return {
    port: http.port,
    url: `${http.protocol}://127.0.0.1:${http.port}`,
    functions: describe(index, problems),
    warnings,
    stop: once(() => stop({ app, http, triggers, log, ...parts }, options.graceMs)),
  };
}

interface Environment {
  readonly settings: Settings;
  readonly hostJson: HostJson;
  readonly warnings: readonly string[];
}

function readEnvironment(options: FunctionsHostOptions): Environment {
  const directory = resolve(options.appDirectory);
  const local = localSettings(directory);
  const settings = { ...local.values, ...options.settings };
  const path =
    typeof options.hostJson === "string" ? options.hostJson : join(directory, "host.json");
  const warnings = [...local.warnings];
  let content = options.hostJson;
  if (typeof content !== "object") {
    const isThere = existsSync(path);
    content = isThere ? (readJsonFile(path) as object) : { version: "2.0" };
    if (!isThere) {
      warnings.push(`There is no "${path}": without a host.json Azure does not start the app`);
    }
  }
  const parsed = parseHostJson(content, settings);
  return {
    settings,
    hostJson: parsed.hostJson,
    warnings: [...warnings, ...parsed.warnings],
  };
}

interface Index {
  readonly functions: readonly HostFunction[];
  readonly routes: readonly HttpRoute[];
  readonly problems: readonly FunctionProblem[];
}

function indexFunctions({ registry }: HostedApp, { settings, hostJson }: Environment): Index {
  const found = hostFunctions(registry, settings);
  const { routes, problems } = httpRoutes(found.functions, hostJson.extensions.http.routePrefix);
  return {
    functions: found.functions.filter(
      ({ name }) => !problems.some(({ functionName }) => functionName === name),
    ),
    routes,
    problems: [...found.problems, ...problems],
  };
}

interface Parts {
  readonly clients: ServiceBusClients;
  readonly invocations: Invoker;
  readonly triggerPorts: Parameters<typeof makeTriggers>[0];
}

function assemble(
  options: FunctionsHostOptions,
  about: { app: HostedApp; environment: Environment; index: Index; log: HostLog },
): Parts {
  const { app, environment, log } = about;
  const { settings, hostJson } = environment;
  const clock = options.clock ?? systemClock;
  const { serviceBus } = hostJson.extensions;
  const retry = serviceBus.clientRetryOptions;
  const clients = serviceBusClients({ settings, retry });
  const invocations = invoker({
    registry: app.registry,
    log: app.coreLog,
    hostLog: log,
    clock,
    functionTimeoutMs: hostJson.functionTimeout,
  });
  return {
    clients,
    invocations,
    triggerPorts: {
      clients,
      settings,
      clock,
      log,
      options: serviceBus,
      statuses: options.scheduleStatuses ?? defaultStatuses(settings, options.appDirectory),
      invoke: invocations.invoke,
    },
  };
}

function defaultStatuses(settings: Settings, appDirectory: string): ScheduleStatusStore {
  const storage = setting(settings, "AzureWebJobsStorage");
  return storage === undefined
    ? memoryScheduleStatuses()
    : blobScheduleStatuses(storage, hostId(settings, appDirectory));
}

/** The platform makes it from the app's name; on a developer's machine, from the machine and the directory. */
function hostId(settings: Settings, appDirectory: string): string {
  const directory = resolve(appDirectory);
  const hash = createHash("sha256").update(directory).digest("hex").slice(0, 10);
  const name = basename(directory)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 20);
  return setting(settings, "AzureFunctionsWebHost__hostid") ?? `${name}-${hash}`;
}

function describe(
  { functions, routes }: Index,
  problems: readonly FunctionProblem[],
): FunctionDescription[] {
  const running = functions.map(({ name, trigger, isDisabled }): FunctionDescription => {
    const route = routes.find(({ functionName }) => functionName === name);
    const problem = problems.find(({ functionName }) => functionName === name)?.message ?? null;
    const place = route === undefined ? {} : { route: route.template.text, methods: route.methods };
    return { name, triggerType: trigger.binding.type ?? "", isDisabled, problem, ...place };
  });
  const refused = problems
    .filter(({ functionName }) => !running.some(({ name }) => name === functionName))
    .map(({ functionName, message }) => ({
      name: functionName,
      triggerType: "",
      isDisabled: false,
      problem: message,
    }));
  return [...running, ...refused].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function stop(
  running: Parts & { app: HostedApp; http: RunningHttp; triggers: Triggers; log: HostLog },
  graceMs = DEFAULT_GRACE_MS,
): Promise<void> {
  const { app, http, triggers, clients, invocations, log } = running;
  const over = Promise.all([
    http.refuse(),
    triggers.stop().catch((error: unknown) => log.error(errorText(error))),
    invocations.whenIdle(),
  ]);
  if (!(await isOverWithin(over, graceMs))) {
    log.warn(`${invocations.inFlightCount()} invocations have not ended in ${graceMs} ms`);
  }
  await app
    .terminate()
    .catch((error: unknown) => log.error(`appTerminate failed: ${errorText(error)}`));
  // without a broker the SDK waits a minute for the broker's close frame
  await isOverWithin(Promise.all([http.close(), clients.close()]), graceMs);
}

async function isOverWithin(over: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  return await Promise.race([over.then(() => true), late]).finally(() => clearTimeout(timer));
}

function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= run();
    return running;
  };
}
