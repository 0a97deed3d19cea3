import type { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { InvocationRequest } from "../core-types.ts";
import type { HostFunction } from "../host-function.ts";
import type { HostLog } from "../log.ts";
import { httpTriggerMetadata } from "./http-metadata.ts";
import type { RouteValues } from "./match-route.ts";
import { encodePath } from "./request-path.ts";
import { type SpooledBody, spoolBody } from "./spooled-body.ts";

/** One request and its function. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: HostFunction;
  readonly values: RouteValues;
  /** Decoded, except that `%2F` stays. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly invocationId: string;
}

export interface AnswerPorts {
  readonly log: HostLog;
  readonly maxBodyBytes: number;
  invoke(target: HostFunction, request: InvocationRequest): Promise<unknown>;
}

/** A larger JSON body is not searched for members to put into the binding data. */
const MAX_JSON_BYTES = 4 * 1024 * 1024;

export function contentLength(request: IncomingMessage): number {
  return Number(request.headers["content-length"] ?? 0);
}

export function isChunked(request: IncomingMessage): boolean {
  return request.headers["transfer-encoding"] !== undefined;
}

/** The protocol between the client and the host. */
export function protocolOf({ request }: Exchange): "http" | "https" {
  return request.socket instanceof TLSSocket ? "https" : "http";
}

/** Reads a body with a Content-Length completely, as the platform does before the function starts; else null. */
export async function readBodyAhead(
  { request }: Exchange,
  maxBodyBytes: number,
): Promise<SpooledBody | null> {
  return contentLength(request) > 0 ? await spoolBody(request, maxBodyBytes) : null;
}

/** Header names and values as sent, a repeated name repeatedly. */
export function headerPairs({ request }: Exchange): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    pairs.push([request.rawHeaders[index] ?? "", request.rawHeaders[index + 1] ?? ""]);
  }
  return pairs;
}

export async function triggerMetadata(exchange: Exchange, body: SpooledBody | null) {
  const bodyText =
    body !== null && body.sizeBytes <= MAX_JSON_BYTES ? (await body.bytes()).toString() : null;
  return httpTriggerMetadata({
    bodyText,
    query: exchange.query,
    values: exchange.values,
    headers: headerPairs(exchange),
  });
}

/** The path and query of the request as the platform passes them on: decoded once and encoded again. */
export function requestTarget({ path, request }: Exchange): string {
  const queryStart = (request.url ?? "").indexOf("?");
  return encodePath(path) + (queryStart < 0 ? "" : (request.url ?? "").slice(queryStart));
}

export function traceContext({ request, invocationId }: Exchange) {
  const parent = /^00-[\da-f]{32}(?=-[\da-f]{16}-[\da-f]{2}$)/.exec(
    String(request.headers.traceparent ?? ""),
  )?.[0];
  const hex = invocationId.replaceAll("-", "");
  return {
    traceParent: `${parent ?? `00-${hex}`}-${hex.slice(16)}-01`,
    traceState: String(request.headers.tracestate ?? ""),
  };
}

/** Ends a response with only a status, as the platform does for its own answers. */
export function endWith(response: ServerResponse, status: number): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { "content-length": 0 }).end();
}

/** How long the rest of an upload is read after the answer, so that the client can read the answer. */
const DRAIN_MS = 5000;

/** Reads the rest of an upload that was answered early, then closes the connection. */
export function endUpload(request: IncomingMessage): void {
  if (request.complete || request.destroyed) {
    return;
  }
  request.unpipe();
  request.resume();
  const giveUp = setTimeout(() => request.destroy(), DRAIN_MS).unref();
  request.once("close", () => clearTimeout(giveUp));
}

/**
 * Keeps a connection open after the answer until the upload is read, as the platform's web server does. Otherwise a
 * client that still sends would see a reset before it reads the answer.
 */
export function lingerForUpload(request: IncomingMessage): void {
  const { socket } = request;
  const destroySoon = (): void => Socket.prototype.destroySoon.call(socket);
  socket.destroySoon = () => {
    if (request.complete || request.destroyed) {
      destroySoon();
      return;
    }
    endUpload(request);
    request.once("close", destroySoon);
    request.once("end", destroySoon);
  };
}
