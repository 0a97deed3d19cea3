// this import comes first, see the file
import "./functions/home.http.ts";

import { app } from "@azure/functions";
import { makePorts } from "./app.ts";
import { type Config, readConfig, UNSET } from "./config.ts";
import { timesOf } from "./domain/exports/run-times.ts";
import type { Ports } from "./domain/ports.ts";
import { tickWatch } from "./domain/ticks/late-ticks.ts";
import { makeApi } from "./doors.ts";
import { home } from "./functions/about.http.ts";
import { registerDeadLetters } from "./functions/dead-letters.queue.ts";
import { registerDeliveries } from "./functions/deliveries.queue.ts";
import { registerFanOut } from "./functions/fan-out.topic.ts";
import { openHome } from "./functions/home.http.ts";
import { installForwardingGate } from "./functions/http/forwarding-gate.ts";
import { handlerOf, openDoors } from "./functions/http/open-doors.ts";
import { makeRateLimit } from "./functions/http/rate-limit.ts";
import { makeUploadShare } from "./functions/http/upload-share.ts";
import { registerImportRuns } from "./functions/imports.queue.ts";
import { registerLogFacts } from "./functions/log-facts.hook.ts";
import { refuseWork } from "./functions/refuse-work.ts";
import { registerRetention } from "./functions/retention.timer.ts";
import { registerRuns } from "./functions/runs.queue.ts";
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
  refuseWork(ports, fault);
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
registerDeliveries(ports);

const { publicBaseUrl, maxBodyBytes, temporaryEndpointMs, tokens } = config;
const doorPorts = {
  ...ports,
  site: { publicBaseUrl, maxBodyBytes, temporaryEndpointMs, ...tokens },
  enterUpload: makeUploadShare(UPLOADS),
};
const countRequest = makeRateLimit(config.rateLimit, ports.clock);
const entrances = makeApi(ports.definitions.schemas).entrances;
openHome(handlerOf(home, doorPorts, countRequest));
openDoors(
  entrances.filter((entrance) => entrance !== home),
  doorPorts,
  countRequest,
);

installForwardingGate(ports.log);
