import type { IncomingHttpHeaders } from "node:http";
import type { Authorizer, TokenGrant } from "../authorization/authorizer.ts";
import { allows } from "../authorization/grant.ts";
import { tokenRefused } from "../authorization/refusal.ts";
import { covers, hostName, type Path, pathOf } from "../authorization/resource.ts";
import { BrokerError } from "../broker/errors.ts";

/** The two settings that name another entity, each with the header that may hold a token for it. */
const FORWARD_HEADERS = {
  ForwardTo: "servicebussupplementaryauthorization",
  ForwardDeadLetteredMessagesTo: "servicebusdlqsupplementaryauthorization",
} as const;

export type ForwardSetting = keyof typeof FORWARD_HEADERS;

export interface AdminRequest {
  readonly method: string;
  /** Below the host, as in the URL. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** The rights of a caller of the admin API. */
export interface AdminAccess {
  /** A caller that makes an entity forward must manage the target too. @throws BrokerError `unauthorized` */
  checkForward(setting: ForwardSetting, target: string): void;
}

/**
 * Checks that the caller manages the requested entity. It comes before all else, so that other callers learn nothing.
 * The list at the root is open to everyone, and is empty.
 *
 * @throws BrokerError `token-refused`, `unauthorized`
 * @see https://learn.microsoft.com/azure/service-bus-messaging/service-bus-sas#rights-required-for-service-bus-operations
 */
export async function checkAdmin(
  authorizer: Authorizer,
  { method, path, headers }: AdminRequest,
): Promise<AdminAccess> {
  const asked = pathOf(path);
  if (asked.length === 0 && method === "GET") {
    return { checkForward: () => undefined };
  }
  const grant = await grantIn(authorizer, headers, "authorization");
  if (grant === null) {
    throw tokenRefused(
      "MalformedToken",
      "Invalid authorization header: The request is missing WRAP authorization credentials.",
    );
  }
  if (grant.resource !== null && !covers(grant.resource.path, asked)) {
    throw tokenRefused("InvalidAudience");
  }
  if (!allows(grant, asked, "Manage")) {
    throw new BrokerError("unauthorized", refusalText(method, asked));
  }
  const forward: Readonly<Record<ForwardSetting, TokenGrant | null>> = {
    ForwardTo: await grantIn(authorizer, headers, FORWARD_HEADERS.ForwardTo),
    ForwardDeadLetteredMessagesTo: await grantIn(
      authorizer,
      headers,
      FORWARD_HEADERS.ForwardDeadLetteredMessagesTo,
    ),
  };
  return {
    checkForward: (setting, target) => {
      const grants = [grant, forward[setting]];
      if (!grants.some((each) => each !== null && allows(each, pathOf(target), "Manage"))) {
        const text = `Authorization failed for specified action: Manage,EntityWrite. ${setting} names another entity.`;
        throw new BrokerError("unauthorized", text);
      }
    },
  };
}

/** The grant of the token in a header; null when there is no such header. @throws BrokerError `token-refused` */
async function grantIn(
  authorizer: Authorizer,
  headers: IncomingHttpHeaders,
  name: string,
): Promise<TokenGrant | null> {
  const header = headers[name];
  if (typeof header !== "string" || header === "") {
    return null;
  }
  const grant = await authorizer.read(header.replace(/^Bearer /i, ""));
  const host = grant.resource?.host ?? null;
  if (host !== null && host !== hostName(headers.host ?? "")) {
    throw tokenRefused("InvalidAudience");
  }
  return grant;
}

/** The service has other words for entities in a topic. */
function refusalText(method: string, path: Path): string {
  const child = childOperation(method, path);
  if (child !== null) {
    return `SubCode=40100: Unauthorized : Unauthorized access for '${child}' operation on endpoint '/${path.join("/")}'.`;
  }
  switch (method) {
    case "PUT":
      return "Authorization failed for specified action: Manage,EntityWrite.";
    case "DELETE":
      return "Authorization failed for specified action: Manage,EntityDelete.";
    default:
      return "Manage,EntityRead claims required for this operation.";
  }
}

function childOperation(method: string, path: Path): string | null {
  const inside = path.lastIndexOf("subscriptions");
  if (inside < 1) {
    return null;
  }
  const depth = path.length - inside;
  const noun = depth > 2 ? "Rule" : "Subscription";
  switch (method) {
    case "PUT":
      return `CreateOrUpdate${noun}`;
    case "DELETE":
      return `Delete${noun}`;
    default:
      return depth % 2 === 1 ? `Enumerate${noun}s` : `Get${noun}`;
  }
}
