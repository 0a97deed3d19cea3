import type { IncomingMessage, ServerResponse } from "node:http";

/** A request as the platform forwards it to the library's HTTP server in this process. */
export interface Forwarded {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Shows it to the library. */
  handOver(): void;
}

/**
 * How long one half waits for the other. Both are sent at the same moment. A request gives up first, so that its client
 * is answered before the platform hears that the invocation has failed.
 */
export interface HalfPatience {
  readonly requestMs: number;
  readonly invocationMs: number;
}

export interface ForwardedRequests {
  /** @param refuse answers a request that no invocation asks for in time, or a second one under the same id */
  arrive(invocationId: string, forwarded: Forwarded, refuse: () => void): void;
  /** The request of an invocation. @throws Error when it does not come in time */
  claim(invocationId: string): Promise<Forwarded>;
}

/**
 * Brings the two halves of a request together: the invocation, and the HTTP request that the platform forwards under
 * the invocation's id. Either may come first. Neither waits for ever, and a half whose other half does not come is
 * forgotten. A stranger can send an id that is not an invocation's.
 */
export function forwardedRequests(patience: HalfPatience): ForwardedRequests {
  const arrived = new Map<string, { forwarded: Forwarded; stopWaiting: () => void }>();
  const claimed = new Map<string, (forwarded: Forwarded) => void>();

  return {
    arrive(invocationId, forwarded, refuse) {
      const take = claimed.get(invocationId);
      if (take !== undefined) {
        claimed.delete(invocationId);
        take(forwarded);
        return;
      }
      if (arrived.has(invocationId)) {
        refuse();
        return;
      }
      const stopWaiting = later(patience.requestMs, () => {
        arrived.delete(invocationId);
        refuse();
      });
      arrived.set(invocationId, { forwarded, stopWaiting });
      forwarded.response.once("close", () => {
        if (arrived.get(invocationId)?.forwarded === forwarded) {
          arrived.delete(invocationId);
          stopWaiting();
        }
      });
    },

    async claim(invocationId) {
      const there = arrived.get(invocationId);
      if (there !== undefined) {
        arrived.delete(invocationId);
        there.stopWaiting();
        return there.forwarded;
      }
      const { promise, resolve, reject } = Promise.withResolvers<Forwarded>();
      const stopWaiting = later(patience.invocationMs, () => {
        reject(
          new Error(
            `Cannot begin the invocation: the platform has forwarded no request for it within ${patience.invocationMs / 1_000} s; its headers may hold an x-ms-invocation-id of the client's own, or characters beyond ASCII`,
          ),
        );
      });
      claimed.set(invocationId, resolve);
      try {
        return await promise;
      } finally {
        claimed.delete(invocationId);
        stopWaiting();
      }
    },
  };
}

/**
 * Calls back after a time, in two halves: what came in while the process was held up is seen before the second one
 * ends.
 *
 * @returns the obstacle
 */
function later(ms: number, callback: () => void): () => void {
  let timer = setTimeout(() => {
    timer = setTimeout(callback, ms / 2).unref();
  }, ms / 2).unref();
  return () => clearTimeout(timer);
}
