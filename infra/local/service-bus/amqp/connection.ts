import type { Session } from "rhea";

/** What is known of one client's connection. */
export interface ClientConnection {
  /** Cuts the socket without a farewell. */
  readonly cut: () => void;
  readonly links: Set<OpenLink>;
  /** Those who wait for an answer to a request, by all their names. */
  readonly replyLinks: Map<string, ReplyLink>;
}

export interface OpenLink {
  /** The address of the entity, in lower case and without `$management`. */
  readonly entity: string;
  readonly session: Session;
  /** Lets go of what the link holds in the broker; called once, when the link has ended in whatever way. */
  readonly ended: () => void;
}

export interface ReplyLink {
  reply(bytes: Buffer): void;
}

/** Ends a link for the broker, once. */
export function endLink(connection: ClientConnection, link: OpenLink): void {
  if (connection.links.delete(link)) {
    link.ended();
  }
}
