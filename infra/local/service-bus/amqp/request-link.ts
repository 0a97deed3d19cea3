import type { EventContext, Receiver, Sender } from "rhea";
import { addressKey } from "../broker/address.ts";
import type { AmqpValue } from "../broker/types.ts";
import { type Message, parseMessage, SECTION } from "../message/message.ts";
import { readValue } from "../message/value-reader.ts";
import { encodeDescribed } from "../message/value-writer.ts";
import { amqpError } from "./condition.ts";
import { endLink, type OpenLink } from "./connection.ts";
import type { LinkContext } from "./context.ts";
import { acceptAttach, outgoing } from "./shim.ts";

/** A request to `$cbs` or `$management`. */
export interface Request {
  readonly operation: string;
  readonly message: Message;
  /** The value of the body; null when it is not a single value. */
  readonly body: AmqpValue;
}

export interface Answer {
  /** The application properties of the answer: status and its words. */
  readonly properties: Readonly<Record<string, AmqpValue>>;
  readonly body: AmqpValue;
}

const NULL: AmqpValue = { type: "null", value: null };

/** Opens a link by which requests come. The answers go to the link that a request's reply-to names. */
export function openRequestLink(
  context: LinkContext,
  receiver: Receiver,
  serve: { readonly entity: string; readonly answer: (request: Request) => Answer },
): OpenLink {
  const link: OpenLink = {
    entity: addressKey(serve.entity),
    session: receiver.session,
    ended: () => undefined,
  };
  receiver.on("message", ({ message, delivery }: EventContext) => {
    try {
      const request = readRequest(parseMessage(Buffer.from(message as unknown as Buffer)));
      delivery?.accept();
      const { replyTo = "" } = request.message.system;
      const reply = context.connection.replyLinks.get(replyTo);
      if (reply === undefined) {
        context.log(`No link to answer request "${request.operation}" on: "${replyTo}"`);
      }
      reply?.reply(encodeAnswer(request, serve.answer(request)));
    } catch (error) {
      delivery?.reject(amqpError(error));
    }
  });
  receiver.on("receiver_close", () => endLink(context.connection, link));
  acceptAttach(receiver);
  return link;
}

/** Opens a link by which answers go out. Clients name it in reply-to by its target or, for `$cbs`, by its name. */
export function openReplyLink(context: LinkContext, sender: Sender, entity: string): OpenLink {
  const out = outgoing(sender);
  const waiting: Buffer[] = [];
  const { replyLinks } = context.connection;
  let sent = 0;
  const flush = () => {
    while (out.credit() > 0) {
      const bytes = waiting.shift();
      if (bytes === undefined) {
        break;
      }
      sent += 1;
      out.send(bytes, Buffer.from(String(sent)));
    }
  };
  const reply = {
    reply: (bytes: Buffer) => {
      waiting.push(bytes);
      flush();
    },
  };
  const names = [sender.name, sender.target?.address].filter((name) => Boolean(name));
  for (const name of names) {
    replyLinks.set(name, reply);
  }
  const link: OpenLink = {
    entity: addressKey(entity),
    session: sender.session,
    ended: () => {
      for (const name of names) {
        replyLinks.delete(name);
      }
    },
  };
  sender.on("sender_flow", flush);
  sender.on("sendable", flush);
  sender.on("sender_close", () => endLink(context.connection, link));
  acceptAttach(sender);
  return link;
}

function readRequest(message: Message): Request {
  const operation = message.applicationProperties.get("operation");
  return {
    operation: operation?.type === "string" ? operation.value : "",
    message,
    body: readBody(message.bytes.body),
  };
}

function readBody(bytes: Buffer): AmqpValue {
  if (bytes.length === 0) {
    return NULL;
  }
  const section = readValue({ buffer: bytes, offset: 0 });
  return section.type === "described" && Number(section.descriptor.value) === SECTION.value
    ? section.value
    : NULL;
}

function encodeAnswer(request: Request, { properties, body }: Answer): Buffer {
  const correlationId = request.message.properties[0] ?? NULL;
  const entries = Object.entries(properties);
  return Buffer.concat([
    encodeDescribed(SECTION.properties, {
      type: "list",
      value: [NULL, NULL, NULL, NULL, NULL, correlationId],
    }),
    encodeDescribed(SECTION.applicationProperties, {
      type: "map",
      value: entries.map(([name, value]) => [{ type: "string", value: name }, value]),
    }),
    encodeDescribed(SECTION.value, body),
  ]);
}
