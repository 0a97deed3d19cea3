import { createHmac, timingSafeEqual } from "node:crypto";
import type { AuthorizationRule } from "../broker/types.ts";
import type { Grant } from "./grant.ts";
import { tokenExpired, tokenRefused } from "./refusal.ts";
import { type Path, type Resource, resourceOf } from "./resource.ts";

/*
 * A shared access signature: SharedAccessSignature sr=<resource>&sig=<signature>&se=<expiry>&skn=<name of the rule>
 *
 *   sr   the URL-encoded resource; the token is good for it and for all that is in it
 *   se   when the token expires, in seconds since the epoch
 *   sig  HMAC-SHA256 with a key of the rule, over sr as it stands in the token, a line feed, and se; URL-encoded Base64
 *   skn  the rule belongs to the resource or to something that the resource is in
 */

const SCHEME = "SharedAccessSignature ";

/** A later time cannot be a date. */
const MAX_EXPIRY_S = 8.64e12;

export interface SignedGrant extends Grant {
  readonly resource: Resource;
}

export interface SasChecks {
  /** The rules that may have signed for a path: those of the entity and of its parents. */
  readonly rulesFor: (path: Path) => readonly AuthorizationRule[];
  readonly nowMs: number;
}

/**
 * Checks a shared access signature.
 *
 * @throws BrokerError `token-refused`
 * @see https://learn.microsoft.com/azure/service-bus-messaging/service-bus-sas
 */
export function readSas(token: string, { rulesFor, nowMs }: SasChecks): SignedGrant {
  const { sr, se, signature, ruleName } = fieldsOf(token);
  const resource = resourceOf(unescaped(sr));
  const signers = rulesFor(resource.path).filter(
    (rule) => rule.name === ruleName && isSignedBy(rule, `${sr}\n${se}`, signature),
  );
  const [rule] = signers;
  if (rule === undefined) {
    throw tokenRefused("InvalidSignature");
  }
  const expiresAtMs = Number(se) * 1000;
  if (expiresAtMs <= nowMs) {
    throw tokenExpired(expiresAtMs);
  }
  return { resource, scopes: [{ path: resource.path, rights: rule.rights }], expiresAtMs };
}

export function isSas(token: string): boolean {
  return token.startsWith(SCHEME);
}

function fieldsOf(token: string) {
  const fields = new Map<string, string>();
  for (const pair of token.slice(SCHEME.length).split("&")) {
    const equals = pair.indexOf("=");
    const name = pair.slice(0, Math.max(equals, 0)).trim();
    if (fields.has(name)) {
      throw tokenRefused("MalformedToken");
    }
    fields.set(name, pair.slice(equals + 1).trim());
  }
  const [sr, se, sig, skn] = ["sr", "se", "sig", "skn"].map((name) => fields.get(name));
  if (!(isSas(token) && sr && se && sig && skn) || !/^\d+$/.test(se) || Number(se) > MAX_EXPIRY_S) {
    throw tokenRefused("MalformedToken");
  }
  return {
    sr,
    se,
    signature: Buffer.from(unescaped(sig), "base64"),
    ruleName: unescaped(skn),
  };
}

/** Both keys are tried, and neither comparison ends early. */
function isSignedBy(rule: AuthorizationRule, text: string, signature: Buffer): boolean {
  const matches = [rule.primaryKey, rule.secondaryKey].map((key) => {
    const expected = createHmac("sha256", key).update(text).digest();
    return signature.length === expected.length && timingSafeEqual(signature, expected);
  });
  return matches.includes(true);
}

/** @throws BrokerError `token-refused` */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw tokenRefused("MalformedToken");
  }
}
