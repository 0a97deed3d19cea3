import type { Agent } from "node:http";

/**
 * Gives requests their connections to one server in the order of their arrival.
 *
 * A Node server accepts one new connection in each turn of its event loop, and serves an open connection at once. With
 * many requests at a time, later ones would use the open connections again and again while new connections wait. So
 * each turn admits as many requests as there are free open connections, oldest first. If there are none, it admits one
 * that opens a connection.
 *
 * @returns a function whose promise resolves when a request may be sent
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
