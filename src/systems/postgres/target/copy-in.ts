import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate as turn } from "node:timers/promises";
import type pg from "pg";
import { from as copyFrom } from "pg-copy-streams";

/**
 * Runs `COPY ... FROM STDIN` and sends data only as fast as the server takes it.
 *
 * After an error of the server the rest of the data is not sent, and the connection can be used again.
 *
 * @throws pg.DatabaseError; an Error of the driver when the connection is lost; whatever `chunks` throws
 */
export function copyIn(
  client: pg.ClientBase,
  text: string,
  chunks: Iterable<string>,
): Promise<void> {
  return pipeline(Readable.from(inTurns(chunks)), client.query(copyFrom(text)));
}

/** A socket that takes everything at once would never let the server's errors, or anybody else, have a turn. */
async function* inTurns(chunks: Iterable<string>): AsyncGenerator<string> {
  for (const chunk of chunks) {
    yield chunk;
    await turn();
  }
}
