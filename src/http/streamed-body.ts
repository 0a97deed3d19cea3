import { subscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * Response bodies that wait for slow clients.
 *
 * The library answers a streaming request through a proxy server of its own in this process, and writes the body to
 * it without waiting for `drain`: a slow client would make the app hold the whole file. The server is an ordinary
 * `node:http` server, so its responses can be seen as they begin; the header `x-ms-invocation-id` says which is whose.
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

/** A body that is read only as fast as the client of this invocation takes it, and no further once the client has gone. */
export function streamedBody(
  content: AsyncIterable<Uint8Array>,
  invocationId: string,
): ReadableStream<Uint8Array> {
  const chunks = content[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const response = responses.get(invocationId);
        if (response?.writableNeedDrain) {
          await Promise.race([once(response, "drain"), once(response, "close")]);
        }
        if (response?.destroyed) {
          await chunks.return?.();
          controller.error(new Error("the client has gone"));
          return;
        }
        const { done, value } = await chunks.next();
        if (done) {
          controller.close();
        } else {
          controller.enqueue(value);
        }
      },
      cancel: async () => {
        await chunks.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
