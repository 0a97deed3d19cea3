import {
  Agent,
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request as openRequest,
  type ServerResponse,
} from "node:http";
import { pipeline } from "node:stream";
import { listenLocally } from "../../infra/local/listen.ts";

/** A fault that replaces the normal handling of a request. */
export type ProxyFault =
  /** The server handles the request; the client's connection breaks before the answer. */
  | { readonly kind: "lose-response" }
  /** The client's connection breaks before the server gets the request. */
  | { readonly kind: "lose-request" }
  /** The server answers; after so many bytes of the body the client's connection breaks. */
  | { readonly kind: "cut-response"; readonly afterBytes: number }
  /** The proxy answers instead of the server, with an error in the storage services' form, e.g. 503 `ServerBusy`. */
  | { readonly kind: "refuse"; readonly status: number; readonly code: string }
  /** The request is passed on after the promise has settled. */
  | { readonly kind: "hold"; readonly until: Promise<unknown> };

export interface FaultRule {
  /** Any method when absent. */
  readonly method?: string;
  /** Pattern for the path with its query; any path when absent. */
  readonly path?: RegExp;
  /** Number of matching requests that pass before the fault; 0 by default. */
  readonly skip?: number;
  /** Number of matching requests that meet the fault, 1 by default; later ones pass. */
  readonly times?: number;
  readonly fault: ProxyFault;
}

export interface SeenRequest {
  readonly method: string;
  /** Path with its query. */
  readonly path: string;
  readonly fault: ProxyFault["kind"] | null;
}

export interface FaultProxy {
  /** The target's URL with the proxy's address. */
  readonly url: string;
  /** Every request since the start, in the order of arrival. */
  readonly requests: readonly SeenRequest[];
  count(method: string, path?: RegExp): number;
  /**
   * Adds a rule. The first rule that has a fault for a request applies.
   * @returns a promise that resolves when the first request meets the fault
   */
  inject(rule: FaultRule): { readonly met: Promise<void> };
  /** Forgets every rule. */
  clear(): void;
  /** Cuts open connections and ends. */
  stop(): Promise<void>;
}

/**
 * Starts an HTTP proxy on 127.0.0.1 in front of one server. It fails on request.
 *
 * The `Host` header is passed on unchanged, so that addresses in the server's answers lead through the proxy again.
 * Storage signatures stay valid: they cover the path, not the host.
 *
 * @param target base URL, e.g. an endpoint of Azurite
 * @param port 0: any free port
 * @throws Error with advice when the port is taken
 */
export async function startFaultProxy(target: string, port = 0): Promise<FaultProxy> {
  const { hostname, port: targetPort } = new URL(target);
  const agent = new Agent({ keepAlive: true });
  const server = createServer();
  const url = new URL(target);
  url.port = String(await listenLocally(server, port));
  const requests: SeenRequest[] = [];
  const rules: ActiveRule[] = [];

  server.on("request", (request, response) => {
    const { method = "", url: path = "" } = request;
    const fault = takeFault(rules, method, path);
    requests.push({ method, path, fault: fault?.kind ?? null });
    const passOn = () =>
      openRequest({
        host: hostname,
        port: targetPort,
        method,
        path,
        headers: request.rawHeaders,
        agent,
      });
    act({ request, response, passOn }, fault);
  });

  return {
    url: url.href.replace(/\/$/, ""),
    requests,
    count: (method, path = /^/) =>
      requests.filter((seen) => seen.method === method && path.test(seen.path)).length,
    inject(rule) {
      const { promise: met, resolve: meet } = Promise.withResolvers<void>();
      rules.push({ rule, matched: 0, meet });
      return { met };
    },
    clear() {
      rules.length = 0;
    },
    stop() {
      server.closeAllConnections();
      agent.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

interface ActiveRule {
  readonly rule: FaultRule;
  matched: number;
  meet(): void;
}

function takeFault(rules: readonly ActiveRule[], method: string, path: string): ProxyFault | null {
  for (const active of rules) {
    const { rule } = active;
    if (rule.method !== undefined && rule.method !== method) continue;
    if (rule.path !== undefined && !rule.path.test(path)) continue;
    active.matched++;
    const { skip = 0, times = 1 } = rule;
    if (active.matched > skip && active.matched <= skip + times) {
      active.meet();
      return rule.fault;
    }
  }
  return null;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  passOn(): ClientRequest;
}

function act(exchange: Exchange, fault: ProxyFault | null): void {
  const { response } = exchange;
  switch (fault?.kind) {
    case undefined:
      pass(exchange, (answer) => relay(answer, response));
      break;
    case "hold":
      void fault.until
        .catch(() => undefined)
        .then(() => pass(exchange, (answer) => relay(answer, response)));
      break;
    case "lose-response":
      pass(exchange, (answer) => answer.resume().once("end", () => response.destroy()));
      break;
    case "cut-response":
      pass(exchange, (answer) => relayUntil(answer, response, fault.afterBytes));
      break;
    case "lose-request":
      response.destroy();
      break;
    case "refuse":
      refuse(exchange, fault);
      break;
  }
}

function pass(
  { request, response, passOn }: Exchange,
  onAnswer: (answer: IncomingMessage) => void,
) {
  const outgoing = passOn();
  outgoing.once("response", onAnswer);
  outgoing.once("error", () => response.destroy());
  // If a client gives up while it is sending, its request is aborted.
  request.once("error", () => outgoing.destroy());
  request.pipe(outgoing);
}

function relay(answer: IncomingMessage, response: ServerResponse): void {
  writeHead(answer, response);
  pipeline(answer, response, () => undefined);
}

function relayUntil(answer: IncomingMessage, response: ServerResponse, afterBytes: number): void {
  let left = afterBytes;
  writeHead(answer, response);
  const relayPart = (chunk: Buffer) => {
    const part = chunk.subarray(0, left);
    left -= part.length;
    if (left > 0) {
      response.write(part);
      return;
    }
    answer.off("data", relayPart).resume();
    response.write(part, () => response.destroy());
  };
  answer.on("data", relayPart);
  answer.once("end", () => response.destroy());
}

function writeHead(answer: IncomingMessage, response: ServerResponse): void {
  response.sendDate = false;
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
}

function refuse(
  { request, response }: Exchange,
  { status, code }: { status: number; code: string },
): void {
  const says = `The proxy refused with ${code}.`;
  const isTable = request.headers.accept?.includes("json") === true;
  const body = isTable
    ? JSON.stringify({ "odata.error": { code, message: { lang: "en-US", value: says } } })
    : `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${says}</Message></Error>`;
  response.writeHead(status, {
    "Content-Type": isTable ? "application/json" : "application/xml",
    "Content-Length": Buffer.byteLength(body),
    "x-ms-error-code": code,
  });
  response.end(request.method === "HEAD" ? undefined : body);
  request.resume();
}
