import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from "jose";
import type { AccessRight } from "../broker/types.ts";
import type { Grant } from "./grant.ts";
import { tokenExpired, tokenRefused } from "./refusal.ts";
import { pathOf } from "./resource.ts";

/** Issuer of tokens for applications, and the roles of each application. */
export interface TokenIssuer {
  /** Accepted values of `iss`. */
  readonly issuers: readonly string[];
  /** The public keys, or their address at the issuer. */
  readonly keys: JSONWebKeySet | URL;
  /** Accepted values of `aud`; `https://servicebus.azure.net` when absent. */
  readonly audiences?: readonly string[];
  readonly roles: readonly RoleAssignment[];
}

export interface RoleAssignment {
  /** Client id: `appid` or `azp` of its tokens. */
  readonly applicationId: string;
  readonly role: keyof typeof ROLES;
  /** The path of an entity, such as `topic/Subscriptions/name`; empty for the whole namespace. */
  readonly scope: string;
}

/** The built-in roles of Azure. */
const ROLES = {
  "Azure Service Bus Data Owner": ["Manage", "Send", "Listen"],
  "Azure Service Bus Data Sender": ["Send"],
  "Azure Service Bus Data Receiver": ["Listen"],
} as const satisfies Readonly<Record<string, readonly AccessRight[]>>;

const AUDIENCES = ["https://servicebus.azure.net", "https://servicebus.azure.net/"];
const FETCH_MS = 5000;

export type JwtReader = (token: string, nowMs: number) => Promise<Grant>;

/**
 * Makes a checker of an issuer's tokens. The token of an application without a role is valid but gives no rights, as
 * with the service.
 */
export function jwtReader(issuer: TokenIssuer): JwtReader {
  const keys: JWTVerifyGetKey =
    issuer.keys instanceof URL
      ? createRemoteJWKSet(issuer.keys, { timeoutDuration: FETCH_MS })
      : createLocalJWKSet(issuer.keys);
  const options = {
    algorithms: ["RS256"],
    issuer: [...issuer.issuers],
    audience: [...(issuer.audiences ?? AUDIENCES)],
    requiredClaims: ["exp"],
  };
  return async (token, nowMs) => {
    try {
      const currentDate = new Date(nowMs);
      const { payload } = await jwtVerify(token, keys, { ...options, currentDate });
      return { scopes: scopesOf(payload, issuer.roles), expiresAtMs: (payload.exp ?? 0) * 1000 };
    } catch (error) {
      throw refusalOf(error);
    }
  };
}

function scopesOf(payload: JWTPayload, roles: readonly RoleAssignment[]): Grant["scopes"] {
  const { appid, azp } = payload as { appid?: unknown; azp?: unknown };
  const application = String(appid ?? azp ?? "").toLowerCase();
  return roles
    .filter(({ applicationId }) => applicationId.toLowerCase() === application)
    .map(({ role, scope }) => ({ path: pathOf(scope), rights: ROLES[role] }));
}

/** An error that is not the token's fault, such as an unavailable issuer, stays as it is. */
function refusalOf(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) {
    return tokenExpired((error.payload.exp ?? 0) * 1000);
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return error.claim === "aud" ? tokenRefused("InvalidAudience") : claimRefusal(error.claim);
  }
  const isSignature =
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSNoMatchingKey;
  if (isSignature) {
    return tokenRefused("InvalidSignature");
  }
  return error instanceof errors.JWTInvalid ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported
    ? tokenRefused("MalformedToken")
    : error;
}

function claimRefusal(claim: string): unknown {
  return tokenRefused(claim === "iss" ? "InvalidIssuer" : "MalformedToken");
}
