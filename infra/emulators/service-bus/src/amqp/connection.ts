import type { Receiver, Sender } from "rhea";
import { addressKey } from "../broker/address.ts";
import { BrokerError } from "../broker/errors.ts";
import type { Transaction } from "../broker/transaction.ts";
import { endLocally } from "./shim.ts";

/** What is known of one client's connection. */
export interface ClientConnection {
  /** Cuts the socket without a farewell. */
  readonly cut: () => void;
  readonly links: Set<OpenLink>;
  /** Those who wait for an answer to a request, by all their names. */
  readonly replyLinks: Map<string, ReplyLink>;
  /** Those that are declared and not discharged, by their ids in hexadecimal. */
  readonly transactions: Map<string, Transaction>;
}

export interface OpenLink {
  /** The address of the entity, in lower case and without `$management`. */
  readonly entity: string;
  /** As it was attached; rhea's own may change. */
  readonly name: string;
  readonly link: Sender | Receiver;
  /** Lets go of what the link holds in the broker; called once, when the link has ended in whatever way. */
  readonly ended: () => void;
}

export interface ReplyLink {
  reply(bytes: Buffer): void;
}

export function openLink(
  link: Sender | Receiver,
  address: string,
  ended: () => void = () => undefined,
): OpenLink {
  return { entity: addressKey(address), name: link.name, link, ended };
}

/** A name stands for one link in each direction: who attaches it again takes it over. */
export function stealLink(connection: ClientConnection, thief: Sender | Receiver): void {
  for (const older of [...connection.links]) {
    if (older.name === thief.name && older.link.is_sender() === thief.is_sender()) {
      const reason = `The link "${thief.name}" was detached because it was attached again.`;
      endLocally(older.link, new BrokerError("link-stolen", reason));
      endLink(connection, older);
    }
  }
}

/** Ends a link for the broker, once. */
export function endLink(connection: ClientConnection, link: OpenLink): void {
  if (connection.links.delete(link)) {
    link.ended();
  }
}
