import type { Agent } from "node:http";

/**
 * Gives requests their connections to one server in the order in which they came.
 *
 * A Node server takes one new connection in each turn of its event loop, and serves an open connection at once. With many
 * requests at a time, later ones would use the open connections again and again while the new connections wait. So each
 * turn lets in as many requests as connections are open and free, oldest first, or else one that opens a connection.
 *
 * @returns resolves when a request may be sent
 */
export function fairTurns(agent: Agent): () => Promise<void> {
  const waiting: (() => void)[] = [];
  const serve = (): void => {
    const free = Object.values(agent.freeSockets).reduce(
      (sum, sockets) => sum + (sockets?.length ?? 0),
      0,
    );
    for (const enter of waiting.splice(0, Math.max(1, free))) {
      enter();
    }
    if (waiting.length > 0) {
      setImmediate(serve);
    }
  };
  return () =>
    new Promise((resolve) => {
      if (waiting.push(resolve) === 1) {
        setImmediate(serve);
      }
    });
}
