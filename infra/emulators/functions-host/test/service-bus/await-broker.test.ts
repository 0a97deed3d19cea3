import { createServer } from "node:net";
import { expect, test } from "vitest";
import type { Listener } from "../../src/listener.ts";
import { addressOf, onceReachable } from "../../src/service-bus/await-broker.ts";

test.each([
  ["Endpoint=sb://n.servicebus.windows.net/;SharedAccessKey=x", "n.servicebus.windows.net", 5671],
  [
    "SharedAccessKey=x;Endpoint=sb://localhost:1234;UseDevelopmentEmulator=true;",
    "localhost",
    1234,
  ],
  ["Endpoint=sb://localhost;UseDevelopmentEmulator=true;", "localhost", 5672],
])("%s is at %s:%i", (text, host, port) => {
  expect(addressOf(text)).toEqual({ host, port });
});

function aListener() {
  const told: string[] = [];
  const started = Promise.withResolvers<void>();
  const listener: Listener = {
    start() {
      told.push("start");
      started.resolve();
      return Promise.resolve();
    },
    stop() {
      told.push("stop");
      return Promise.resolve();
    },
  };
  return { listener, told, started: started.promise };
}

/** A port on which nobody listens yet, and what begins to. */
async function aPort() {
  const listenOn = (port: number) =>
    new Promise<{ port: number; close(): Promise<void> }>((resolve) => {
      const server = createServer((socket) => socket.destroy());
      server.listen(port, "127.0.0.1", () =>
        resolve({
          port: (server.address() as { port: number }).port,
          close: () => new Promise((done) => server.close(() => done())),
        }),
      );
    });
  const { port, close } = await listenOn(0);
  await close();
  return { port, open: () => listenOn(port) };
}

test("a listener starts when its broker answers, and once", async () => {
  const { port, open } = await aPort();
  const { listener, told, started } = aListener();
  const refused = Promise.withResolvers<unknown>();
  const waiting = onceReachable(listener, {
    connectionString: `Endpoint=sb://127.0.0.1:${port}`,
    onError: refused.resolve,
  });
  await waiting.start();
  expect(String(await refused.promise)).toContain("ECONNREFUSED");
  expect(told).toEqual([]);

  const broker = await open();
  await started;
  await waiting.stop();

  expect(told).toEqual(["start", "stop"]);
  await broker.close();
});

test("a listener whose broker never answers can be stopped", async () => {
  const { port } = await aPort();
  const { listener, told } = aListener();
  const refused = Promise.withResolvers<unknown>();
  const waiting = onceReachable(listener, {
    connectionString: `Endpoint=sb://127.0.0.1:${port}`,
    onError: refused.resolve,
  });
  await waiting.start();
  await refused.promise;

  await waiting.stop();

  expect(told).toEqual(["stop"]);
});
