import { once } from "node:events";
import { connect as connectSocket } from "node:net";
import { generate } from "selfsigned";
import { expect, onTestFinished, test } from "vitest";
import { EMULATOR_RULE } from "../src/authorization/rule.ts";
import { type ServiceBusOptions, type ServiceBusServer, startServiceBus } from "../src/server.ts";
import { aNamespaceConfig, aQueue } from "./builders.ts";
import { connectRaw } from "./raw-client.ts";
import { freshSas } from "./sas.ts";
import { connect, receiveOne, startBus } from "./sdk.ts";

async function start(over: Partial<ServiceBusOptions> = {}): Promise<ServiceBusServer> {
  const server = await startServiceBus({
    config: aNamespaceConfig({ queues: [aQueue("orders")] }),
    ...over,
  });
  onTestFinished(server.stop);
  return server;
}

test("AMQP and HTTP are answered on one port, at the same time", async () => {
  const { server, client } = await startBus({ queues: [aQueue("orders")] });
  const health = () => fetch(`http://localhost:${server.port}/health`);
  await client.createSender("orders").sendMessages({ body: "a" });

  const [first, message, second] = await Promise.all([
    health(),
    receiveOne(client.createReceiver("orders")),
    health(),
  ]);

  expect(message.body).toBe("a");
  expect([first.status, second.status]).toEqual([200, 200]);
  expect(await first.json()).toEqual({ status: "healthy", message: "Service is healthy." });
});

test("HTTP requests other than for health go to the admin API", async () => {
  const { port } = await start();

  const uri = `http://localhost:${port}/orders`;
  const authorization = freshSas(uri, EMULATOR_RULE);
  const queue = await fetch(`${uri}?api-version=2021-05`, { headers: { authorization } });

  expect(await queue.text()).toContain("QueueDescription");
});

test("a server listens on further ports, with one set of entities behind", async () => {
  const first = await start();
  await first.stop();
  const server = await start({ alsoListenOn: [first.port] });
  const sender = connect(server).createSender("orders");

  await sender.sendMessages({ body: "a" });

  const other = connect({ ...server, connectionString: first.connectionString });
  expect((await receiveOne(other.createReceiver("orders"))).body).toBe("a");
});

test("a port that is taken is an error, and leaves no other port open", async () => {
  const { port } = await start();
  const free = await start();
  await free.stop();

  await expect(start({ port: free.port, alsoListenOn: [port] })).rejects.toThrow("EADDRINUSE");
  await start({ port: free.port });
});

test("TLS is refused where there is no certificate", async () => {
  const { port } = await start();
  const socket = connectSocket(port, "127.0.0.1");
  socket.on("error", () => undefined);

  socket.write(Buffer.from([0x16, 0x03, 0x01, 0x00, 0x00]));

  await once(socket, "close");
  expect(socket.bytesRead).toBe(0);
});

test("HTTPS is answered on the same port with the certificate given", async () => {
  const { private: key, cert } = await generate([{ name: "commonName", value: "localhost" }]);
  const server = await start({ tls: { key, cert } });
  const { get } = await import("node:https");

  const request = get({
    host: "127.0.0.1",
    port: server.port,
    path: "/health",
    ca: cert,
    rejectUnauthorized: false,
  });
  const [response] = await once(request, "response");

  expect(response.statusCode).toBe(200);
  expect((await fetch(`http://localhost:${server.port}/health`)).status).toBe(200);
});

test.each([
  ["nothing but noise", Buffer.from("AMQQ not a protocol header at all")],
  ["a frame that is none", Buffer.from("414d515000010000000000040200000000", "hex")],
  ["a header and silence", Buffer.from("AMQP\0\x01\0\0", "latin1")],
])("a client that sends %s harms nobody else", async (_what, bytes) => {
  const server = await start();
  const socket = connectSocket(server.port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.end(bytes);
  await once(socket.resume(), "close");

  const sender = connectRaw(server).open_sender("orders");

  await once(sender, "sendable");
  expect(sender.max_message_size).toBe(262_144);
});

test("stop ends connections and frees the port", async () => {
  const server = await start();
  const raw = connectRaw(server);
  await once(raw, "connection_open");
  const gone = once(raw, "disconnected");

  await server.stop();

  await gone;
  const again = await start({ port: server.port });
  expect(again.port).toBe(server.port);
});
