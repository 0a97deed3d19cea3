import type { Delivery, EventContext, Receiver } from "rhea";
import { addressKey } from "../broker/address.ts";
import { BrokerError } from "../broker/errors.ts";
import { BATCH_FORMAT, splitBatch } from "../message/batch.ts";
import { type Message, parseMessage } from "../message/message.ts";
import { amqpError } from "./condition.ts";
import { endLink, type OpenLink } from "./connection.ts";
import { type LinkContext, MAX_MESSAGE_BYTES } from "./context.ts";
import { acceptAttach } from "./shim.ts";

/** Opens a link by which a client sends to a queue or topic. @throws BrokerError when it may not */
export function openSendLink(context: LinkContext, receiver: Receiver, address: string): OpenLink {
  context.namespace.checkSendable(address);
  const link: OpenLink = {
    entity: addressKey(address),
    session: receiver.session,
    ended: () => undefined,
  };
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
    context.checkFault(address, "send");
    context.namespace.publish(address, readMessages(bytes, delivery.format));
    delivery.accept();
  } catch (error) {
    delivery.reject(amqpError(error));
  }
}

function readMessages(bytes: Buffer, format: number): Message[] {
  if (bytes.length > MAX_MESSAGE_BYTES) {
    throw new BrokerError(
      "message-too-large",
      `The received message (${bytes.length} bytes) exceeds the limit (${MAX_MESSAGE_BYTES} bytes) currently allowed on the link.`,
    );
  }
  // What is kept must not keep the socket's buffer with it.
  const own = Buffer.from(bytes);
  return format === BATCH_FORMAT ? splitBatch(own).map(parseMessage) : [parseMessage(own)];
}
