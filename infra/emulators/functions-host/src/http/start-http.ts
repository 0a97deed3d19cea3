import { once } from "node:events";
import { Agent, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { HostFunction } from "../host-function.ts";
import type { InvokeFunction } from "../listener.ts";
import type { HostLog } from "../log.ts";
import { type Settings, setting } from "../settings.ts";
import { answerAdmin } from "./admin.ts";
import { answerStreamed } from "./answer-streamed.ts";
import type { AnswerPorts } from "./exchange.ts";
import { fairTurns } from "./fair-turns.ts";
import { type HttpServer, httpServer } from "./http-server.ts";
import type { HttpRoute } from "./router.ts";

export interface HttpOptions {
  readonly port: number;
  /** PEM texts; null: http. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  readonly functions: readonly HostFunction[];
  readonly routes: readonly HttpRoute[];
  readonly settings: Settings;
  /** Port of the library's HTTP server; null for an app without HTTP functions. */
  readonly proxyPort: number | null;
  readonly log: HostLog;
  readonly invoke: InvokeFunction;
  runByHand(target: HostFunction, input: string | null): Promise<void>;
}

export interface RunningHttp {
  readonly port: number;
  readonly protocol: "http" | "https";
  /** From now on new requests get 503 and new connections are refused. Resolves when all answers are sent. */
  refuse(): Promise<void>;
  /** Ends all connections. */
  close(): Promise<void>;
}

const DEFAULT_MAX_BODY_BYTES = 104_857_600;

/** Starts the HTTP side of the host. */
export async function startHttp(options: HttpOptions): Promise<RunningHttp> {
  const { routes, functions, settings, log, proxyPort } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  const turn = fairTurns(agent);
  const limit = setting(settings, "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT") ?? "";
  const maxBodyBytes = /^\d+$/.test(limit) ? Number(limit) : DEFAULT_MAX_BODY_BYTES;
  let isStopping = false;
  const answerPorts: AnswerPorts = {
    log,
    maxBodyBytes,
    invoke: (target, request) =>
      options.invoke(target, request, "This function was programmatically called"),
  };
  const server = httpServer({
    log,
    tls: options.tls,
    routes,
    maxBodyBytes,
    hasHomepage: !/^true$/i.test(setting(settings, "AzureWebJobsDisableHomepage") ?? ""),
    isStopping: () => isStopping,
    functionNamed: (name) => functions.find((each) => each.name === name) as HostFunction,
    answer: (exchange) =>
      answerStreamed({ ...answerPorts, proxyPort: proxyPort ?? 0, agent, turn }, exchange),
    answerAdmin: (exchange) =>
      answerAdmin(
        {
          functions,
          invokeByHand: (target, input) => void options.runByHand(target, input).catch(() => null),
        },
        exchange,
      ),
  });
  const open = new Set<ServerResponse>();
  server.on("request", (_, response) => {
    open.add(response);
    response.once("close", () => open.delete(response));
  });
  await listen(server, options.port);
  return {
    port: (server.address() as AddressInfo).port,
    protocol: options.tls === null ? "http" : "https",
    async refuse() {
      isStopping = true;
      server.close();
      while (open.size > 0) {
        await Promise.race([...open].map((each) => once(each, "close")));
      }
    },
    async close() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listen(server: HttpServer, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}
