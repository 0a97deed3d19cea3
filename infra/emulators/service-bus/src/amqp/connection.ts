import type { Receiver, Sender } from "rhea";
import { addressKey } from "../broker/address.ts";
import { BrokerError } from "../broker/errors.ts";
import type { Transaction } from "../broker/transaction.ts";
import { endLocally } from "./shim.ts";

/** State of one client's connection. */
export interface ClientConnection {
  /** Cuts the socket without a close frame. */
  readonly cut: () => void;
  readonly links: Set<OpenLink>;
  /** Links that wait for answers to requests, by all their names. */
  readonly replyLinks: Map<string, ReplyLink>;
  /** Transactions that are declared and not discharged, by their ids in hexadecimal. */
  readonly transactions: Map<string, Transaction>;
}

export interface OpenLink {
  /** The address of the entity, in lower case and without `$management`. */
  readonly entity: string;
  /** The name at the attach; rhea's own may change. */
  readonly name: string;
  readonly link: Sender | Receiver;
  /** Releases the link's resources in the broker. Called once, whenever and however the link ends. */
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

/** A name stands for one link in each direction. A client that attaches the name again takes the link over. */
export function stealLink(connection: ClientConnection, thief: Sender | Receiver): void {
  for (const older of [...connection.links]) {
    if (older.name === thief.name && older.link.is_sender() === thief.is_sender()) {
      const reason = `The link "${thief.name}" was detached because it was attached again.`;
      endLocally(older.link, new BrokerError("link-stolen", reason));
      endLink(connection, older);
    }
  }
}

/** Ends a link in the broker, once. */
export function endLink(connection: ClientConnection, link: OpenLink): void {
  if (connection.links.delete(link)) {
    link.ended();
  }
}
