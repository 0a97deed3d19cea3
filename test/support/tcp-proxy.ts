import { connect, createServer, type Socket } from "node:net";
import { listenLocally } from "../../infra/local/listen.ts";

export interface TcpProxy {
  readonly port: number;
  /** From now on connections are accepted, but nothing is passed on or answered, as when packets are dropped. */
  swallow(): void;
  /** From now on connections are cut, open ones and new ones. */
  hangUp(): void;
  /** Passes everything on again, together with the data that was held back. */
  heal(): void;
  /** Cuts open connections and ends. */
  stop(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  target: Socket | null;
}

/**
 * Starts a TCP proxy on 127.0.0.1 in front of one port of this machine. It can fall silent or cut connections.
 *
 * @param targetPort called for each connection, so that the target may start later
 */
export async function startTcpProxy(targetPort: () => number): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  let state: "passing" | "silent" | "cut" = "passing";
  const join = (pair: Pair): void => {
    const { client } = pair;
    const target = connect(targetPort(), "127.0.0.1");
    pair.target = target;
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
    }
  };
  const server = createServer((client) => {
    const pair = { client, target: null };
    pairs.add(pair);
    client.on("error", () => undefined);
    client.on("close", () => pairs.delete(pair));
    if (state === "passing") {
      join(pair);
    } else if (state === "cut") {
      client.destroy();
    }
  });
  return {
    port: await listenLocally(server, 0),
    swallow() {
      state = "silent";
      for (const { client, target } of pairs) {
        client.unpipe();
        target?.unpipe();
        client.pause();
        target?.pause();
      }
    },
    hangUp() {
      state = "cut";
      cutAll(pairs);
    },
    heal() {
      state = "passing";
      for (const pair of pairs) {
        const { client, target } = pair;
        if (target === null) {
          join(pair);
        } else {
          client.pipe(target);
          target.pipe(client);
        }
      }
    },
    stop() {
      cutAll(pairs);
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function cutAll(pairs: ReadonlySet<Pair>): void {
  for (const { client, target } of pairs) {
    client.destroy();
    target?.destroy();
  }
}
