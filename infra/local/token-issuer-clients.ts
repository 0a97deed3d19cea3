import { randomBytes, randomUUID } from "node:crypto";

/** An application registered in the tenant, with one client secret. */
export interface Client {
  /** Application (client) id. */
  readonly id: string;
  readonly secret: string;
  /** Object id of its service principal: `oid` and `sub` of its tokens. */
  readonly objectId: string;
  /** App roles granted to it on every audience. */
  readonly roles: readonly string[];
}

/** The applications of the demo: one operator, two partners, and one that nobody knows. Ids and secrets are random. */
export function makeClients(): Record<"operator" | "partner-a" | "partner-b" | "stranger", Client> {
  return {
    operator: makeClient(["Waybill.Operator"]),
    "partner-a": makeClient([]),
    "partner-b": makeClient([]),
    stranger: makeClient([]),
  };
}

function makeClient(roles: readonly string[]): Client {
  return {
    id: randomUUID(),
    secret: randomBytes(30).toString("base64url"),
    objectId: randomUUID(),
    roles,
  };
}
