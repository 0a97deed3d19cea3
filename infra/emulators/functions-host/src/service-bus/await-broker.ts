import { once } from "node:events";
import { connect } from "node:net";
import type { Listener } from "../listener.ts";
import { repeatUntil } from "./receivers.ts";

/**
 * Starts a listener when its broker answers. If links are opened on a refused connection, the SDK waits for a minute,
 * even if the broker starts meanwhile.
 *
 * @param options.onError called for each failure to reach the broker
 */
export function onceReachable(
  listener: Listener,
  options: { connectionString: string; onError: (error: unknown) => void },
): Listener {
  const { host, port } = addressOf(options.connectionString);
  const stopping = new AbortController();
  const done = new AbortController();
  const ended = AbortSignal.any([stopping.signal, done.signal]);
  let starting: Promise<unknown> = Promise.resolve();
  const attempt = async () => {
    const socket = connect(port, host);
    await once(socket, "connect", { signal: ended }).finally(() => socket.destroy());
    done.abort();
    await listener.start();
  };
  return {
    start() {
      starting = repeatUntil(ended, attempt, options.onError);
      return Promise.resolve();
    },
    async stop() {
      stopping.abort();
      await starting;
      await listener.stop();
    },
  };
}

/** Host and port of a connection string, as the SDK uses them. */
export function addressOf(connectionString: string): { host: string; port: number } {
  const [, host = "", port] = /Endpoint=sb:\/\/([^/:;]+)(?::(\d+))?/i.exec(connectionString) ?? [];
  const isPlain = /UseDevelopmentEmulator=true/i.test(connectionString);
  return { host, port: Number(port ?? (isPlain ? 5672 : 5671)) };
}
