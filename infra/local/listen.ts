import { type AddressInfo, createServer, type Server } from "node:net";

/**
 * Listens on 127.0.0.1 only.
 *
 * @param port 0: any free port
 * @returns the port
 * @throws Error that says what to do when the port is taken or not allowed
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

/** A port cannot be had; the message says what to do. */
export class PortError extends Error {}

/** Puts the reasons that a port cannot be had into words; any other error comes back as it is. */
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

/** A port that nobody has at this moment, for whoever must name one before listening. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenLocally(server, 0);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
