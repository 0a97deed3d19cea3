import { once } from "node:events";
import rhea, {
  type AmqpError,
  type Connection,
  type Message,
  type Receiver,
  type Sender,
} from "rhea";
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
  request: {
    readonly operation: string;
    readonly body: unknown;
    readonly properties?: Readonly<Record<string, unknown>>;
  },
): Promise<Message> {
  const name = `reply-${rhea.generate_uuid()}`;
  const receiver = connection.open_receiver({ source: address, target: name, name });
  const sender = connection.open_sender(address);
  await once(sender, "sendable");
  const answered = once(receiver, "message");
  sender.send({
    message_id: name,
    reply_to: name,
    application_properties: { operation: request.operation, ...request.properties },
    body: request.body,
  });
  const [context] = await answered;
  receiver.close();
  sender.close();
  return context.message;
}

const SAS_TYPE = "servicebus.windows.net:sastoken";

/** Puts a token for a name. Returns the status, and the text that goes with it. */
export async function putToken(
  connection: Connection,
  name: string,
  { token, type = SAS_TYPE }: { readonly token: string; readonly type?: string },
) {
  const properties = { name, type };
  const answer = await ask(connection, "$cbs", { operation: "put-token", body: token, properties });
  const { "status-code": status, "status-description": text } = answer.application_properties ?? {};
  return { status: status as number, text: text as string };
}

/** Why the broker ends a link, now or later. */
export async function endOf(link: Sender | Receiver): Promise<AmqpError> {
  await once(link, link.is_sender() ? "sender_error" : "receiver_error");
  const { condition, description } = link.error as AmqpError;
  return { condition, description } as AmqpError;
}
