import { app } from "@azure/functions";
import { makePorts } from "./app.ts";
import { readConfig } from "./config.ts";
import { registerConnectorCare } from "./functions/connector-care.http.ts";
import { registerDownload } from "./functions/connector-download.http.ts";
import { registerLeases } from "./functions/connector-leases.http.ts";
import { registerConnectors } from "./functions/connectors.http.ts";
import { registerDefinitions } from "./functions/definitions.http.ts";
import { registerEnqueue } from "./functions/enqueue.http.ts";
import { registerExports } from "./functions/exports.http.ts";
import { registerFanOut } from "./functions/fan-out.topic.ts";
import { registerHome } from "./functions/home.http.ts";
import { registerImports } from "./functions/imports.http.ts";
import { registerJobStatus } from "./functions/job-status.http.ts";
import { registerLedger } from "./functions/ledger.http.ts";
import { registerOpenApi } from "./functions/openapi.http.ts";
import { registerPackageApi } from "./functions/package-api.http.ts";
import { registerRetention } from "./functions/retention.timer.ts";
import { registerRuns } from "./functions/runs.queue.ts";
import { registerTick } from "./functions/tick.timer.ts";
import { makeRateLimit } from "./http/rate-limit.ts";
import { makeRoutes } from "./http/route.ts";

const config = readConfig(process.env);
const ports = makePorts(config);
const routes = makeRoutes(ports, {
  operatorRole: config.tokens.operatorRole,
  countRequest: makeRateLimit(config.rateLimit, ports.clock),
});

app.setup({ enableHttpStream: true });

registerTick(ports, config);
registerRetention(ports);
registerRuns(ports, config);
registerFanOut(ports);
registerConnectors(ports, routes, config.publicBaseUrl);
registerDownload(ports, routes);
registerLeases(ports, routes);
registerConnectorCare(ports, routes);
registerEnqueue(ports, routes);
registerDefinitions(ports, routes);
registerExports(ports, routes);
registerImports(ports, routes);
registerJobStatus(ports, routes);
registerPackageApi(ports, routes, config.publicBaseUrl);
registerLedger(ports, routes);
registerHome(routes);
registerOpenApi(routes, { publicBaseUrl: config.publicBaseUrl, ...config.tokens });
