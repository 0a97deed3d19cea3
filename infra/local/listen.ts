import { randomInt } from "node:crypto";
import { type AddressInfo, createServer, type Server } from "node:net";

/**
 * Listens on 127.0.0.1 only.
 *
 * @param port 0: any free port
 * @returns the port
 * @throws Error with advice when the port is taken or not allowed
 */
export function listenLocally(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(listenError(error, port));
    server.once("error", fail);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", fail);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** A port cannot be used; the message gives advice. */
export class PortError extends Error {}

/** Names the reason why a port cannot be used. Any other error is returned unchanged. */
export function listenError(error: NodeJS.ErrnoException, port: number): Error {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: "another program has the port. Stop that program, or choose another port",
    EACCES: "this user may not have the port. Choose a port above 1023",
  };
  const reason = reasons[error.code ?? ""];
  return reason === undefined
    ? error
    : new PortError(`Cannot listen on 127.0.0.1:${port}: ${reason}.`, { cause: error });
}

/**
 * Systems give outgoing connections ports from 32768 (Linux) or 49152 (others) on, so a lower port is not taken by
 * accident.
 */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_767;

/** A port that is free at this moment, for a caller that must name it before listening. */
export async function freePort(): Promise<number> {
  const server = createServer();
  for (;;) {
    try {
      const port = await listenLocally(server, randomInt(FIRST_PORT, LAST_PORT + 1));
      await new Promise((resolve) => server.close(resolve));
      return port;
    } catch (error) {
      if (!(error instanceof PortError)) {
        throw error;
      }
    }
  }
}
