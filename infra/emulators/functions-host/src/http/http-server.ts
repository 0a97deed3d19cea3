import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer, type Server as SecureServer } from "node:https";
import type { Duplex } from "node:stream";
import type { HostFunction } from "../host-function.ts";
import { errorText, type HostLog } from "../log.ts";
import { contentLength, type Exchange, endUpload, endWith, lingerForUpload } from "./exchange.ts";
import { MAX_HEADER_BYTES, refusalOfHeaders } from "./request-headers.ts";
import { decodePath } from "./request-path.ts";
import { findRoute, type HttpRoute } from "./router.ts";
import { BodyTooLargeError } from "./spooled-body.ts";

export type HttpServer = Server | SecureServer;

export interface HttpPorts {
  readonly log: HostLog;
  /** PEM texts; null: http. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** In routing order. */
  readonly routes: readonly HttpRoute[];
  readonly maxBodyBytes: number;
  /** Whether the platform shows its own page at `/`. */
  readonly hasHomepage: boolean;
  isStopping(): boolean;
  functionNamed(name: string): HostFunction;
  answer(exchange: Exchange): Promise<void>;
  answerAdmin(exchange: {
    request: IncomingMessage;
    response: ServerResponse;
    path: string;
  }): Promise<void>;
}

/** As in the platform's web server. */
const MAX_REQUEST_LINE_BYTES = 8192;
const KEEP_ALIVE_MS = 130_000;
/** The cloud's load balancer gives up a request without an answer after this time, whatever `functionTimeout` says. */
const FRONT_END_TIMEOUT_MS = 230_000;

/** Makes the server in place of the platform's web server: limits and routes. */
export function httpServer(ports: HttpPorts): HttpServer {
  const limits = {
    // more than the limit, so that the server itself can refuse
    maxHeaderSize: 2 * (MAX_REQUEST_LINE_BYTES + MAX_HEADER_BYTES),
    // Uploads may take long; the platform limits their rate, not their length.
    requestTimeout: 0,
    // as the platform's: Node's five seconds would end connections that a client is about to reuse
    keepAliveTimeout: KEEP_ALIVE_MS,
  };
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    handle(ports, request, response).catch((error: unknown) => {
      if (error instanceof BodyTooLargeError) {
        endWith(response, 500);
        endUpload(request);
      } else if (!request.destroyed || request.complete) {
        ports.log.error(`Cannot answer ${request.method} ${request.url}: ${errorText(error)}`);
        endWith(response, 500);
      }
    });
  };
  const server =
    ports.tls === null
      ? createServer(limits, answer)
      : createSecureServer({ ...limits, ...ports.tls }, answer);
  server.on("clientError", refuseUnreadable);
  return server;
}

/** Answers bytes that are not HTTP, or have headers far beyond the limit. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (socket.writable && error.code !== "ECONNRESET") {
    const status = error.code === "HPE_HEADER_OVERFLOW" ? "431 " : "400 Bad Request";
    socket.end(
      `HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\nServer: Kestrel\r\n\r\n`,
    );
  } else {
    socket.destroy();
  }
}

async function handle(
  ports: HttpPorts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  lingerForUpload(request);
  response.setHeader("Server", "Kestrel");
  const wanted = refusalOfHeaders(request) ?? requestTarget(request);
  if (typeof wanted === "number") {
    endAndClose(response, wanted);
    return;
  }
  if (ports.isStopping()) {
    endAndClose(response, 503);
    return;
  }
  const { path, query } = wanted;
  if (/^\/(?:admin|runtime)(?:\/|$)/i.test(path)) {
    await ports.answerAdmin({ request, response, path });
    return;
  }
  const found = findRoute(ports.routes, request.method ?? "GET", path);
  if (found === null) {
    answerUnrouted(ports, response, path);
    return;
  }
  await answerRoute(ports, {
    request,
    response,
    target: ports.functionNamed(found.route.functionName),
    values: found.values,
    path,
    query,
    invocationId: randomUUID(),
  });
}

async function answerRoute(ports: HttpPorts, exchange: Exchange): Promise<void> {
  const { request, response, target, invocationId } = exchange;
  if (target.isDisabled) {
    // Its route still hides the routes after it.
    endWith(response, 404);
    return;
  }
  if (contentLength(request) > ports.maxBodyBytes) {
    ports.log.warn(
      `A body of ${contentLength(request)} bytes for function "${target.name}" is larger than ${ports.maxBodyBytes}: the platform answers 500 without a body`,
      { functionName: target.name, invocationId },
    );
    endWith(response, 500);
    endUpload(request);
    return;
  }
  const slow = setTimeout(() => {
    ports.log.warn(
      `IN AZURE THIS REQUEST IS CUT OFF: function "${target.name}" has not answered within 230 s`,
      { functionName: target.name, invocationId },
    );
  }, FRONT_END_TIMEOUT_MS).unref();
  response.once("close", () => clearTimeout(slow));
  await ports.answer(exchange);
}

/** @returns the decoded path and the query, or the status of the refusal */
function requestTarget(
  request: IncomingMessage,
): { path: string; query: URLSearchParams } | number {
  const { method = "GET", url = "/" } = request;
  if (method.length + url.length + " HTTP/1.1\r\n".length > MAX_REQUEST_LINE_BYTES) {
    return 414;
  }
  if (url === "*") {
    return 404;
  }
  // only the path of a whole address counts
  const [, rawPath, queryText = ""] =
    /^(?:https?:\/\/[^/?#]+)?(\/[^?]*)(?:\?(.*))?$/is.exec(url) ?? [];
  const path = rawPath === undefined ? null : decodePath(rawPath);
  return path === null ? 400 : { path, query: new URLSearchParams(queryText) };
}

function answerUnrouted(ports: HttpPorts, response: ServerResponse, path: string): void {
  if (path !== "/") {
    endWith(response, 404);
  } else if (ports.hasHomepage) {
    response.writeHead(200, { "content-type": "text/html" });
    response.end("<!doctype html><title>Functions</title><p>Your Functions app is up and running.");
  } else {
    response.writeHead(204).end();
  }
}

/** For answers after which the connection cannot be reused, because the request was not read. */
function endAndClose(response: ServerResponse, status: number): void {
  if (!response.headersSent) {
    response.setHeader("connection", "close");
  }
  endWith(response, status);
}
