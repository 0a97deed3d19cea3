import { errors, type JWTPayload, jwtVerify } from "jose";
import { z } from "zod";
import { AppError } from "../domain/errors.ts";
import type { Clock, Principal, Tokens } from "../domain/ports.ts";
import { DAY_MS } from "../formats/day.ts";
import { issuerKeys } from "./issuer-keys.ts";

export interface TokenRules {
  /** Address of the issuer's keys. */
  readonly jwksUri: string;
  /** Accepted `iss`, e.g. both `https://sts.windows.net/{tid}/` and `https://login.microsoftonline.com/{tid}/v2.0`. */
  readonly issuers: readonly string[];
  /** Accepted `aud`; a trailing slash does not matter. */
  readonly audiences: readonly string[];
  readonly tenantId: string;
  /** Time limit for reading the issuer's keys; 5 seconds by default. */
  readonly keysTimeoutMs?: number;
}

const Claims = z.object({
  exp: z.number(),
  tid: z.string(),
  /** Application of a v1 token. */
  appid: z.guid().optional(),
  /** Application of a v2 token. */
  azp: z.guid().optional(),
  /** Only in tokens for a user. */
  scp: z.unknown().optional(),
  /** `app` in tokens for an application, if the registration asks for the claim. */
  idtyp: z.literal("app").optional(),
  roles: z.array(z.string()).default([]),
});

const CLOCK_TOLERANCE_SECONDS = 60;
/** Entra's tokens are valid for about an hour; a token that is valid for longer than a day is not one of them. */
const MAX_LIFETIME_SECONDS = DAY_MS / 1_000;

/**
 * Checks Entra tokens of both versions. Only RS256 is accepted, before a key is looked up. Keys come only from the
 * configured address, whatever the token's header names.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/access-tokens
 */
export function joseTokens(rules: TokenRules, clock: Clock): Tokens {
  const keys = issuerKeys({ uri: rules.jwksUri, clock, timeoutMs: rules.keysTimeoutMs ?? 5_000 });
  const audience = rules.audiences.flatMap((uri) => [
    uri.replace(/\/$/, ""),
    `${uri.replace(/\/$/, "")}/`,
  ]);
  return {
    verify: async (token) => {
      const now = clock.now();
      try {
        const { payload } = await jwtVerify(token, keys, {
          algorithms: ["RS256"],
          issuer: [...rules.issuers],
          audience,
          clockTolerance: CLOCK_TOLERANCE_SECONDS,
          maxTokenAge: MAX_LIFETIME_SECONDS,
          currentDate: now,
        });
        return principalOf(payload, rules.tenantId, now);
      } catch (error) {
        throw error instanceof errors.JOSEError ? refusalOf(error) : error;
      }
    },
  };
}

function principalOf(payload: JWTPayload, tenantId: string, now: Date): Principal {
  const claims = Claims.safeParse(payload);
  if (!claims.success) {
    throw refused(`its claim "${claims.error.issues[0]?.path.join(".")}" is not accepted here`);
  }
  const { exp, tid, appid, azp, scp, roles } = claims.data;
  if (exp * 1_000 > now.getTime() + (MAX_LIFETIME_SECONDS + CLOCK_TOLERANCE_SECONDS) * 1_000) {
    throw refused("it is valid for longer than a day");
  }
  if (tid.toLowerCase() !== tenantId) {
    throw refused("it belongs to another tenant");
  }
  if (scp !== undefined) {
    throw refused("it stands for a user; use the client-credentials flow");
  }
  const applicationId = azp ?? appid;
  if (applicationId === undefined || (appid ?? applicationId) !== applicationId) {
    throw refused('it does not name one application ("azp" or "appid")');
  }
  return { applicationId: applicationId.toLowerCase(), roles };
}

function refusalOf(error: errors.JOSEError): AppError {
  if (error instanceof errors.JWTExpired) {
    return refused("it has expired; get a new one");
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return refused(`its claim "${error.claim}" is not accepted here`);
  }
  return refused("it is not a JWT signed with RS256 by a key of the configured issuer");
}

function refused(because: string): AppError {
  return new AppError("token-invalid", `Cannot accept the token: ${because}`);
}
