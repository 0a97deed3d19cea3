import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { openResponse } from "./open-responses.ts";

/**
 * A body that is read only as fast as the client of this invocation takes it, and no further once the client has gone.
 *
 * The library writes bodies without waiting for `drain`: a slow client would make the app hold the whole file. And it
 * leaves a client whose body breaks off waiting for the rest; here the connection is cut, so that the client knows.
 */
export function streamedBody(
  content: AsyncIterable<Uint8Array>,
  invocationId: string,
): ReadableStream<Uint8Array> {
  // kept from here on: a response that has closed can no longer be asked for
  const response = openResponse(invocationId);
  const chunks = content[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        await untilWritable(response);
        if (response?.destroyed) {
          await chunks.return?.();
          controller.error(new Error("the client has gone"));
          return;
        }
        try {
          const { done, value } = await chunks.next();
          if (done) {
            controller.close();
          } else {
            controller.enqueue(value);
          }
        } catch (error) {
          response?.destroy();
          throw error;
        }
      },
      cancel: async () => {
        await chunks.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

async function untilWritable(response: ServerResponse | undefined): Promise<void> {
  if (response?.writableNeedDrain) {
    const done = new AbortController();
    const { signal } = done;
    await Promise.race([once(response, "drain", { signal }), once(response, "close", { signal })])
      .finally(() => done.abort())
      .catch(() => undefined);
  }
}
