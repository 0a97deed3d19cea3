import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * The responses that clients are waiting for, by invocation.
 *
 * The library answers through a proxy server of its own in this process, and tells a handler nothing about the other
 * side of it. The server is an ordinary `node:http` server, so its responses can be seen as they begin; the header
 * `x-ms-invocation-id` says which is whose. The platform closes the one that belongs to a client that has gone.
 */
const responses = new Map<string, ServerResponse>();

subscribe("http.server.request.start", (message) => {
  const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
  const invocationId = request.headers["x-ms-invocation-id"];
  if (typeof invocationId === "string") {
    responses.set(invocationId, response);
    response.once("close", () => responses.delete(invocationId));
  }
});

/** The response of an invocation, as long as somebody waits for it. Whoever needs it later has to keep it. */
export function openResponse(invocationId: string): ServerResponse | undefined {
  return responses.get(invocationId);
}

/** Aborts when the client of an invocation has gone, and also when it has its whole answer. */
export function whenClientGone(invocationId: string): AbortSignal {
  const gone = new AbortController();
  openResponse(invocationId)?.once("close", () => gone.abort());
  return gone.signal;
}
