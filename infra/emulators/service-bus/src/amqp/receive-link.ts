import type { EventContext, Sender, Delivery as Transfer } from "rhea";
import { addConsumer, offer } from "../broker/delivery.ts";
import { BrokerError } from "../broker/errors.ts";
import { settle } from "../broker/settlement.ts";
import { type Consumer, type Delivery, laneOf, type Store } from "../broker/store.ts";
import { settleIn } from "../broker/transaction.ts";
import { encodeDelivery } from "../message/delivery.ts";
import { amqpError } from "./condition.ts";
import { endLink, type OpenLink, openLink } from "./connection.ts";
import type { LinkContext } from "./context.ts";
import { lockTokenOf, tagOf } from "./lock-token.ts";
import { settlementOf } from "./outcome.ts";
import {
  acceptAttach,
  answerSettlement,
  endLocally,
  type Outgoing,
  outgoing,
  peerOutcome,
  settlementTransaction,
} from "./shim.ts";
import { transactionOf } from "./transactions.ts";

/** Opens a link by which a client receives outside of sessions. @throws BrokerError when it may not */
export function openReceiveLink(context: LinkContext, sender: Sender, address: string): OpenLink {
  const store = context.namespace.receivable(address);
  if (store.settings().requiresSession) {
    throw new BrokerError(
      "not-allowed",
      "It is not possible for an entity that requires sessions to create a non-sessionful message receiver.",
    );
  }
  const out = outgoing(sender);
  const consumer = consumerOf(sender, out);
  const removeConsumer = addConsumer(store, consumer);
  const link = openLink(sender, address, removeConsumer);
  sender.on("sender_close", () => endLink(context.connection, link));
  hearClient(context, { sender, out, store, sessionId: undefined });
  acceptAttach(sender);
  return link;
}

/** The engine's view of a client's receiving link. */
export function consumerOf(sender: Sender, out: Outgoing): Consumer {
  return {
    name: sender.name,
    mode: sender.snd_settle_mode === 1 ? "receive-and-delete" : "peek-lock",
    credit: () => (sender.is_open() ? out.credit() : 0),
    deliver: (delivery) => out.send(encode(delivery), tagOf(delivery.lockToken)),
    end: (reason) => endLocally(sender, END_REASONS[reason]),
  };
}

const END_REASONS = {
  "session-lock-lost": new BrokerError(
    "session-lock-lost",
    "The session lock has expired on the MessageSession. Accept a new MessageSession.",
  ),
  "entity-disabled": new BrokerError(
    "entity-disabled",
    "The messaging entity of this link has been disabled for receiving.",
  ),
  "entity-deleted": new BrokerError(
    "entity-not-found",
    "The messaging entity of this link could not be found. It has been deleted.",
  ),
};

export function encode({ stored, lockedUntilMs }: Delivery): Buffer {
  return encodeDelivery(stored.message, { ...stored, lockedUntilMs });
}

export interface ReceivingLink {
  readonly sender: Sender;
  readonly out: Outgoing;
  readonly store: Store;
  readonly sessionId: string | undefined;
}

/** Handles the client's frames on its link: credit and settlements. */
export function hearClient(context: LinkContext, link: ReceivingLink): void {
  const { sender, store } = link;
  sender.on("sender_flow", () => giveMessages(link));
  sender.on("sendable", () => offer(store, laneOf(store, link.sessionId)));
  for (const outcome of ["accepted", "rejected", "released", "modified"]) {
    sender.on(outcome, ({ delivery }: EventContext) => {
      if (delivery !== undefined) {
        settleTransfer(context, store, delivery);
      }
    });
  }
}

/** Uses new credit for the messages at hand. */
export function giveMessages({ store, out, sessionId }: ReceivingLink): void {
  if (out.credit() > 0) {
    offer(store, laneOf(store, sessionId));
  }
}

/**
 * Settles a transfer as the client says. The answer to a success is always "accepted": the SDK reads any outcome with
 * an error as a failure to settle.
 */
function settleTransfer({ connection }: LinkContext, store: Store, transfer: Transfer): void {
  try {
    const peer = peerOutcome(transfer);
    if (peer !== null) {
      const lockToken = lockTokenOf(Buffer.from(transfer.tag));
      const outcome = settlementOf(peer);
      const transactionId = settlementTransaction(transfer);
      const transaction = transactionOf(connection, transactionId);
      if (transaction === null) {
        settle(store, lockToken, outcome);
      } else {
        settleIn(transaction, { store, lockToken, outcome });
      }
      answerSettlement(transfer, null, transactionId);
    }
  } catch (error) {
    answerSettlement(transfer, amqpError(error));
  }
}
