import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import rhea, { type Connection, type Sender } from "rhea";
import { expect, onTestFinished, test } from "vitest";
import { acceptAttach, acceptSocket, answerSettlement, outgoing } from "../../src/amqp/shim.ts";
import { prepareSession } from "../../src/amqp/shim-session.ts";
import { eventually } from "../eventually.ts";
import { connectWith } from "../raw-client.ts";

/** A server of the shim alone that sends without end and settles what is accepted. */
async function startSource(
  options: object,
): Promise<{ port: number; sockets: Socket[]; accepted: Connection[] }> {
  const container = rhea.create_container();
  container.sasl_server_mechanisms.enable_anonymous();
  const [sockets, accepted]: [Socket[], Connection[]] = [[], []];
  const server = createServer((socket) => {
    sockets.push(socket);
    const connection = acceptSocket(container, socket, options);
    accepted.push(connection);
    connection.on("disconnected", () => undefined);
    connection.on("session_open", ({ session }) => prepareSession(session, 1000));
    connection.on("sender_open", ({ sender }) => sendWithoutEnd(sender));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, sockets, accepted };
}

function sendWithoutEnd(sender: Sender): void {
  const out = outgoing(sender);
  const fill = () => {
    while (out.credit() > 0) {
      out.send(rhea.message.encode({ body: "x" }), Buffer.alloc(16));
    }
  };
  sender.on("sender_flow", fill);
  sender.on("sendable", fill);
  sender.on("accepted", ({ delivery }) => answerSettlement(delivery, null));
  acceptAttach(sender);
}

test("a receiver in second mode gets more messages than there are slots for deliveries", async () => {
  const { port } = await startSource({ session_buffer_size: 10 });
  const receiver = connectWith({ port }, {}).open_receiver({
    source: "any",
    rcv_settle_mode: 1,
    credit_window: 100,
  });
  let count = 0;

  await new Promise<void>((resolve) => {
    receiver.on("message", () => {
      count += 1;
      if (count === 100) {
        resolve();
      }
    });
  });

  expect(count).toBe(100);
});

test("a connection that is cut leaves no timer behind", async () => {
  const { port, sockets, accepted } = await startSource({});
  const container = rhea.create_container();
  container.on("disconnected", () => undefined);
  const client = container.connect({
    port,
    host: "127.0.0.1",
    reconnect: false,
    idle_time_out: 60_000,
  });
  await once(client, "connection_open");
  const [connection] = accepted as unknown as { heartbeat_out: unknown }[];
  await eventually(() => connection?.heartbeat_out).toBeDefined();

  sockets[0]?.destroy();
  await once(client, "disconnected");

  await eventually(() => connection?.heartbeat_out).toBeUndefined();
});
