import type { Authorizer } from "../authorization/authorizer.ts";
import type { Namespace } from "../broker/namespace.ts";
import type { Access } from "./access.ts";
import type { ClientConnection } from "./connection.ts";

/** Values that the handlers of links need. */
export interface LinkContext {
  readonly namespace: Namespace;
  readonly connection: ClientConnection;
  readonly authorizer: Authorizer;
  /** The rights of the connection's client. */
  readonly access: Access;
  readonly log: (line: string) => void;
}

/** As in Azure's standard tier. */
export const MAX_MESSAGE_BYTES = 262_144;

/** A state of a session may be as large as a message, and its request is larger. */
export const MAX_REQUEST_BYTES = 2 * MAX_MESSAGE_BYTES;
