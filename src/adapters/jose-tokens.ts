import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from "jose";
import { z } from "zod";
import { AppError } from "../domain/errors.ts";
import type { Clock, Principal, Tokens } from "../domain/ports.ts";

export interface TokenRules {
  /** Where the issuer publishes its keys. */
  readonly jwksUri: string;
  /** Accepted `iss`, e.g. both `https://sts.windows.net/{tid}/` and `https://login.microsoftonline.com/{tid}/v2.0`. */
  readonly issuers: readonly string[];
  /** Accepted `aud`; a trailing slash does not matter. */
  readonly audiences: readonly string[];
  readonly tenantId: string;
}

const Claims = z.object({
  tid: z.string(),
  /** Application in a v1 token. */
  appid: z.string().optional(),
  /** Application in a v2 token. */
  azp: z.string().optional(),
  /** Only in tokens that stand for a user. */
  scp: z.string().optional(),
  roles: z.array(z.string()).default([]),
});

const CLOCK_TOLERANCE_SECONDS = 60;

/**
 * Checks Entra tokens of both versions. Only RS256, decided before a key is looked up; keys only from the configured
 * address, whatever the token's header names.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/access-tokens
 */
export function joseTokens(rules: TokenRules, clock: Clock): Tokens {
  const keys = createRemoteJWKSet(new URL(rules.jwksUri), {
    timeoutDuration: 5_000,
    cooldownDuration: 30_000,
  });
  const audience = rules.audiences.flatMap((uri) => [
    uri.replace(/\/$/, ""),
    `${uri.replace(/\/$/, "")}/`,
  ]);
  return {
    verify: async (token) => {
      try {
        const { payload } = await jwtVerify(token, keys, {
          algorithms: ["RS256"],
          issuer: [...rules.issuers],
          audience,
          clockTolerance: CLOCK_TOLERANCE_SECONDS,
          currentDate: clock.now(),
          requiredClaims: ["exp", "tid"],
        });
        return principalOf(payload, rules.tenantId);
      } catch (error) {
        throw appErrorOf(error);
      }
    },
  };
}

function principalOf(payload: JWTPayload, tenantId: string): Principal {
  const claims = Claims.safeParse(payload);
  if (!claims.success || claims.data.tid !== tenantId) {
    throw refused("it is of another tenant, or lacks a claim");
  }
  const { appid, azp, scp, roles } = claims.data;
  const applicationId = azp ?? appid;
  if (applicationId === undefined) {
    throw refused('it names no application ("azp" or "appid")');
  }
  if (scp !== undefined) {
    throw refused("it stands for a user; use the client-credentials flow");
  }
  return { applicationId: applicationId.toLowerCase(), roles };
}

function appErrorOf(error: unknown): unknown {
  if (error instanceof AppError) {
    return error;
  }
  if (error instanceof errors.JWTExpired) {
    return refused("it has expired; get a new one");
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return refused(`its claim "${error.claim}" is not accepted here`);
  }
  if (isAboutToken(error)) {
    return refused("it is not a JWT signed with RS256 by a key of the configured issuer");
  }
  return new AppError(
    "issuer-unavailable",
    "Cannot check the token: the issuer's keys cannot be read now; try again",
    {
      cause: error,
    },
  );
}

function isAboutToken(error: unknown): boolean {
  return (
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys
  );
}

function refused(because: string): AppError {
  return new AppError("token-invalid", `Cannot accept the token: ${because}`);
}
