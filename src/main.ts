// this import comes first, see the file
import "./functions/home.http.ts";

import { app } from "@azure/functions";
import { makePorts } from "./app.ts";
import { type Config, readConfig, UNSET } from "./config.ts";
import { registerDownload } from "./d365/connector-download.http.ts";
import { registerLeases } from "./d365/connector-leases.http.ts";
import { registerConnectors } from "./d365/connectors.http.ts";
import { registerEnqueue } from "./d365/enqueue.http.ts";
import { registerJobStatus } from "./d365/job-status.http.ts";
import { registerPackageApi } from "./d365/package-api.http.ts";
import { timesOf } from "./domain/exports/run-times.ts";
import type { Ports } from "./domain/ports.ts";
import { tickWatch } from "./domain/ticks/late-ticks.ts";
import { registerDeadLetters } from "./functions/dead-letters.queue.ts";
import { registerDefinitions } from "./functions/definitions.http.ts";
import { registerConnectorCare } from "./functions/deliveries.http.ts";
import { registerExports } from "./functions/exports.http.ts";
import { registerFanOut } from "./functions/fan-out.topic.ts";
import { registerHome } from "./functions/home.http.ts";
import { installForwardingGate } from "./functions/http/forwarding-gate.ts";
import { knownQuery } from "./functions/http/known-query.ts";
import { makeRateLimit } from "./functions/http/rate-limit.ts";
import { makeRoutes } from "./functions/http/route.ts";
import { makeUploadShare } from "./functions/http/upload-share.ts";
import { registerImportRuns } from "./functions/imports.queue.ts";
import { registerLedger } from "./functions/ledger.http.ts";
import { registerLogFacts } from "./functions/log-facts.hook.ts";
import { makeApi } from "./functions/openapi/document.ts";
import { registerOpenApi } from "./functions/openapi.http.ts";
import { refuseWork } from "./functions/refuse-work.ts";
import { registerRetention } from "./functions/retention.timer.ts";
import { registerRuns } from "./functions/runs.queue.ts";
import { registerImports } from "./functions/submissions.http.ts";
import { registerTickByMessage } from "./functions/tick.queue.ts";
import { registerTick } from "./functions/tick.timer.ts";

/** At most about 200 MB of an instance. */
const UPLOADS = { perInstance: 64, perApplication: 24, waitMs: 30_000 };

interface Start {
  readonly config: Config;
  readonly ports: Ports;
  /** Fault that keeps the app from working. */
  readonly fault: Error | null;
}

function start(): Start {
  try {
    const config = readConfig(process.env);
    return { config, ports: makePorts(config), fault: null };
  } catch (error) {
    const fault = error instanceof Error ? error : new Error(String(error));
    return { config: UNSET, ports: makePorts(UNSET), fault };
  }
}

const { config, ports, fault } = start();
const enterUpload = makeUploadShare(UPLOADS);
const api = makeApi(ports.definitions.schemas);
const routes = makeRoutes(ports, {
  operatorRole: config.tokens.operatorRole,
  countRequest: makeRateLimit(config.rateLimit, ports.clock),
  requireKnownQuery: knownQuery(api.operations),
});

app.setup({ enableHttpStream: true });

if (fault === null) {
  const watchTicks = tickWatch(ports);
  app.hook.postInvocation(() => {
    // no answer waits for it
    watchTicks().catch((error: unknown) =>
      ports.log("tick-watch-failed", { failure: String(error) }),
    );
  });
} else {
  refuseWork(ports, routes, fault);
}
registerLogFacts();
for (const problem of config.connectionProblems) {
  ports.log("connection-invalid", { problem });
}

const runTimes = timesOf(config.runSilenceSeconds * 1_000);
registerTick(ports, runTimes);
registerTickByMessage(ports, runTimes);
registerDeadLetters(ports);
registerRetention(ports);
registerRuns(ports, { times: runTimes, functionTimeoutMs: config.functionTimeoutMs });
registerImportRuns(ports, config.functionTimeoutMs);
registerFanOut(ports);
registerConnectors(ports, routes, config.publicBaseUrl);
registerDownload(ports, routes);
registerLeases(ports, routes);
registerConnectorCare(ports, routes);
registerEnqueue(ports, routes, { enterUpload, maxBodyBytes: config.maxBodyBytes });
registerDefinitions(ports, routes);
registerExports(ports, routes);
registerImports(ports, routes);
registerJobStatus(ports, routes);
registerPackageApi(ports, routes, { publicBaseUrl: config.publicBaseUrl, enterUpload });
registerLedger(ports, routes);
registerHome(routes);
registerOpenApi(routes, api, {
  publicBaseUrl: config.publicBaseUrl,
  maxBodyBytes: config.maxBodyBytes,
  ...config.tokens,
});

installForwardingGate(ports.log);
