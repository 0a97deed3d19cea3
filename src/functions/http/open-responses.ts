import type { ServerResponse } from "node:http";

/**
 * The responses that clients are waiting for, by invocation. The library tells a handler nothing about them; the
 * platform closes the one that belongs to a client that has gone.
 */
const responses = new Map<string, ServerResponse>();

/** Notes the response of an invocation that begins. */
export function noteResponse(invocationId: string, response: ServerResponse): void {
  responses.set(invocationId, response);
  response.once("close", () => responses.delete(invocationId));
}

/** The response of an invocation, as long as somebody waits for it. Keep it to use it later. */
export function openResponse(invocationId: string): ServerResponse | undefined {
  return responses.get(invocationId);
}

/** Resolves when the answer of an invocation is out, or its client has gone. */
export function whenAnswered(invocationId: string): Promise<void> {
  const response = openResponse(invocationId);
  return new Promise((resolve) => {
    if (response === undefined) {
      resolve();
    } else {
      response.once("finish", resolve);
      response.once("close", resolve);
    }
  });
}

/** Aborts when the client of an invocation has gone, and also when it has its whole answer. */
export function whenClientGone(invocationId: string): AbortSignal {
  const gone = new AbortController();
  openResponse(invocationId)?.once("close", () => gone.abort());
  return gone.signal;
}
