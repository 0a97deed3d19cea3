import type { Delivery, EventContext, Receiver } from "rhea";
import { BrokerError } from "../broker/errors.ts";
import { sendIn } from "../broker/transaction.ts";
import { BATCH_FORMAT, splitBatch } from "../message/batch.ts";
import { type Message, parseMessage } from "../message/message.ts";
import { amqpError } from "./condition.ts";
import { endLink, type OpenLink, openLink } from "./connection.ts";
import { type LinkContext, MAX_MESSAGE_BYTES } from "./context.ts";
import { acceptAttach, answerSettlement, transferTransaction } from "./shim.ts";
import { transactionOf } from "./transactions.ts";

/** Opens a link by which a client sends to a queue or topic. @throws BrokerError when it may not */
export function openSendLink(context: LinkContext, receiver: Receiver, address: string): OpenLink {
  if (address === "") {
    throw new BrokerError("not-allowed", "A link needs the address of an entity.");
  }
  context.namespace.checkSendable(address);
  const link = openLink(receiver, address);
  receiver.on("message", ({ message, delivery }: EventContext) => {
    if (delivery !== undefined) {
      receive(context, address, { bytes: message as unknown as Buffer, delivery });
    }
  });
  receiver.on("receiver_close", () => endLink(context.connection, link));
  acceptAttach(receiver);
  return link;
}

function receive(
  context: LinkContext,
  address: string,
  { bytes, delivery }: { readonly bytes: Buffer; readonly delivery: Delivery },
): void {
  try {
    const messages = readMessages(bytes, delivery.format);
    const transactionId = transferTransaction(delivery);
    const transaction = transactionOf(context.connection, transactionId);
    if (transaction === null) {
      context.namespace.publish(address, messages);
    } else {
      sendIn(transaction, context.namespace, { address, messages });
    }
    answerSettlement(delivery, null, transactionId);
  } catch (error) {
    answerSettlement(delivery, amqpError(error));
  }
}

function readMessages(bytes: Buffer, format: number): Message[] {
  if (bytes.length > MAX_MESSAGE_BYTES) {
    throw new BrokerError(
      "message-too-large",
      `The received message (${bytes.length} bytes) exceeds the limit (${MAX_MESSAGE_BYTES} bytes) currently allowed on the link.`,
    );
  }
  // A copy, because a slice would keep the socket's buffer in memory.
  const own = Buffer.from(bytes);
  return format === BATCH_FORMAT ? splitBatch(own).map(parseMessage) : [parseMessage(own)];
}
