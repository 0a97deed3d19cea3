import { once } from "node:events";
import rhea, { type Connection, type Message } from "rhea";
import { onTestFinished } from "vitest";
import { EMULATOR_RULE } from "../src/authorization/rule.ts";
import type { ServiceBusServer } from "../src/server.ts";

/** A connection of plain rhea that has all rights, for what no SDK does; until the test ends. */
export function connectRaw(server: Pick<ServiceBusServer, "port">): Connection {
  const { name: username, primaryKey: password } = EMULATOR_RULE;
  return connectWith(server, { username, password });
}

/** The same with SASL PLAIN; with ANONYMOUS, which has no rights yet, for an empty object. */
export function connectWith(
  { port }: Pick<ServiceBusServer, "port">,
  login: { readonly username?: string; readonly password?: string },
): Connection {
  const container = rhea.create_container();
  // Refusals are for the test to look at, not to fail on.
  container.on("error", () => undefined);
  container.on("disconnected", () => undefined);
  const connection = container.connect({ ...login, port, host: "127.0.0.1", reconnect: false });
  onTestFinished(() => {
    connection.close();
  });
  return connection;
}

/** Sends one request and waits for its answer. */
export async function ask(
  connection: Connection,
  address: string,
  request: { readonly operation: string; readonly body: unknown },
): Promise<Message> {
  const name = `reply-${rhea.generate_uuid()}`;
  const receiver = connection.open_receiver({ source: address, target: name, name });
  const sender = connection.open_sender(address);
  await once(sender, "sendable");
  const answered = once(receiver, "message");
  sender.send({
    message_id: name,
    reply_to: name,
    application_properties: { operation: request.operation },
    body: request.body,
  });
  const [context] = await answered;
  receiver.close();
  sender.close();
  return context.message;
}
