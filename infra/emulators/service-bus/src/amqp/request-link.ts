import type { EventContext, Receiver, Sender } from "rhea";
import { addressKey } from "../broker/address.ts";
import { BrokerError } from "../broker/errors.ts";
import type { Transaction } from "../broker/transaction.ts";
import type { AmqpValue } from "../broker/types.ts";
import { type Message, parseHead, parseMessage, SECTION } from "../message/message.ts";
import { readValue } from "../message/value-reader.ts";
import { encodeDescribed } from "../message/value-writer.ts";
import { amqpError } from "./condition.ts";
import { endLink, type OpenLink, openLink } from "./connection.ts";
import { type LinkContext, MAX_REQUEST_BYTES } from "./context.ts";
import { acceptAttach, answerSettlement, outgoing, transferTransaction } from "./shim.ts";
import { transactionOf } from "./transactions.ts";

/** A request to `$cbs` or `$management`. */
export interface Request {
  readonly operation: string;
  readonly message: Message;
  /** The value of the body; null when it is not a single value. */
  readonly body: AmqpValue;
  /** Why the request cannot be served; null when it can. */
  readonly problem: unknown;
  /** Null outside of transactions. */
  readonly transaction: Transaction | null;
}

export interface Answer {
  /** The application properties of the answer: the status code and its description. */
  readonly properties: Readonly<Record<string, AmqpValue>>;
  readonly body: AmqpValue;
}

const NULL: AmqpValue = { type: "null", value: null };

/**
 * Opens a link for requests. The answers go to the link that a request's reply-to names; without one, to the link by
 * which the client receives from the same node.
 */
export function openRequestLink(
  context: LinkContext,
  receiver: Receiver,
  serve: {
    readonly address: string;
    readonly answer: (request: Request) => Answer | Promise<Answer>;
  },
): OpenLink {
  const link = openLink(receiver, serve.address);
  const { replyLinks } = context.connection;
  receiver.on("message", ({ message, delivery }: EventContext) => {
    if (delivery === undefined) {
      return;
    }
    try {
      const bytes = Buffer.from(message as unknown as Buffer);
      const transaction = transactionOf(context.connection, transferTransaction(delivery));
      const request = readRequest(bytes, transaction);
      answerSettlement(delivery, null);
      const { replyTo = "" } = request.message.system;
      const reply = replyLinks.get(replyTo) ?? replyLinks.get(nodeKey(serve.address));
      if (reply === undefined) {
        context.log(`No link to answer request "${request.operation}" on: "${replyTo}"`);
      }
      const answer = serve.answer(request);
      const send = (ready: Answer) => reply?.reply(encodeAnswer(request, ready));
      if (answer instanceof Promise) {
        answer.then(send).catch((error: unknown) => context.log(`AMQP: ${String(error)}`));
      } else {
        send(answer);
      }
    } catch (error) {
      answerSettlement(delivery, amqpError(error));
    }
  });
  receiver.on("receiver_close", () => endLink(context.connection, link));
  acceptAttach(receiver, { maxMessageBytes: MAX_REQUEST_BYTES });
  return link;
}

/** Opens a link for answers. Clients name it in reply-to by its target or, for `$cbs`, by its name. */
export function openReplyLink(
  context: LinkContext,
  sender: Sender,
  node: { readonly address: string; readonly entity: string },
): OpenLink {
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
  const names = [sender.name, sender.target?.address, nodeKey(node.address)].filter(Boolean);
  for (const name of names) {
    replyLinks.set(name, reply);
  }
  const link = openLink(sender, node.entity, () => {
    for (const name of names) {
      if (replyLinks.get(name) === reply) {
        replyLinks.delete(name);
      }
    }
  });
  sender.on("sender_flow", flush);
  sender.on("sendable", flush);
  sender.on("sender_close", () => endLink(context.connection, link));
  acceptAttach(sender);
  return link;
}

/** Names of links never start with a blank. */
function nodeKey(address: string): string {
  return ` ${addressKey(address)}`;
}

/** A request whose rest is unreadable can still be answered if its head names the reply-to. @throws BrokerError */
function readRequest(bytes: Buffer, transaction: Transaction | null): Request {
  try {
    if (bytes.length > MAX_REQUEST_BYTES) {
      throw tooLarge(bytes.length);
    }
    const message = parseMessage(bytes);
    const request = { message, body: readBody(message.bytes.body), transaction };
    return { ...request, operation: operationOf(message), problem: null };
  } catch (problem) {
    const message = parseHead(bytes);
    return { message, body: NULL, operation: operationOf(message), problem, transaction };
  }
}

function tooLarge(bytes: number): BrokerError {
  return new BrokerError(
    "message-too-large",
    `The request (${bytes} bytes or more) exceeds the limit (${MAX_REQUEST_BYTES} bytes).`,
  );
}

function operationOf(message: Message): string {
  const operation = message.applicationProperties.get("operation");
  return operation?.type === "string" ? operation.value : "";
}

/** The single value of a body; null when it is not a single value. */
export function readBody(bytes: Buffer): AmqpValue {
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
