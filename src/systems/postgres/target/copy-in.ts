import { once } from "node:events";
import type { Duplex } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import type pg from "pg";

/** The part of the driver's connection that its types leave out. */
interface CopyConnection {
  readonly stream: Duplex;
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(message: string): void;
}

/**
 * Runs `COPY ... FROM STDIN` and sends data only as fast as the server takes it.
 *
 * After an error of the server the rest of the data is not sent, and the connection can be used again.
 *
 * @throws pg.DatabaseError; an Error of the driver when the connection is lost; any error of `chunks`
 * @see https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-COPY
 */
export function copyIn(
  client: pg.ClientBase,
  text: string,
  chunks: Iterable<string>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const ended = new AbortController();
    let ownFailure: { readonly error: unknown } | null = null;
    // Methods that the driver calls on the running query.
    client.query({
      submit: (connection: unknown) => (connection as CopyConnection).query(text),
      handleCopyInResponse: (connection: CopyConnection) => {
        feed(connection, chunks, ended.signal).catch((error: unknown) => {
          ownFailure = { error };
          connection.sendCopyFail("the sender failed");
        });
      },
      handleCommandComplete: () => undefined,
      handleReadyForQuery: () => resolve(),
      handleError: (error: unknown) => {
        ended.abort();
        reject(ownFailure === null ? error : ownFailure.error);
      },
    } as pg.Submittable);
  });
}

/** @param ended aborts when the server has failed, or the connection is lost */
async function feed(
  connection: CopyConnection,
  chunks: Iterable<string>,
  ended: AbortSignal,
): Promise<void> {
  for (const chunk of chunks) {
    connection.sendCopyFromChunk(Buffer.from(chunk));
    if (connection.stream.writableNeedDrain) {
      await once(connection.stream, "drain", { signal: ended }).catch(() => undefined);
    }
    // Without a pause, a socket that takes all data at once would block the server's errors and all other work.
    await turn();
    if (ended.aborted) {
      return;
    }
  }
  connection.endCopyFrom();
}
