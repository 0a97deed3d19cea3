import { Server } from "node:net";

/**
 * Runs a start-up. Servers that would listen on all interfaces listen on 127.0.0.1 only.
 *
 * The library's HTTP proxy listens without a host and trusts every client. On a developer's machine nobody else should
 * reach it.
 *
 * @returns the servers that were started, because the library offers no way to close its own
 */
export async function onLoopback(start: () => Promise<void>): Promise<Server[]> {
  const servers: Server[] = [];
  const listen = Server.prototype.listen as (...args: unknown[]) => Server;
  Server.prototype.listen = function (this: Server, ...args: unknown[]) {
    servers.push(this);
    const hasNoAddress = args.length === 0 || typeof args[0] === "function";
    const target = hasNoAddress ? [{ host: "127.0.0.1", port: 0 }] : [];
    return listen.apply(this, [...target, ...args]);
  } as typeof Server.prototype.listen;
  try {
    await start();
    return servers;
  } finally {
    Server.prototype.listen = listen as typeof Server.prototype.listen;
  }
}
