import { startTokenIssuer, type TokenIssuer } from "../../infra/local/token-issuer.ts";
import { type Client, makeClients } from "../../infra/local/token-issuer-clients.ts";
import type { Tokens } from "../../src/domain/ports.ts";
import { joseTokens } from "../../src/stores/jose-tokens.ts";
import { type ManualClock, manualClock } from "./manual-clock.ts";

export const AUDIENCE = "https://integration.example.com";
export const API_CLIENT_ID = "3f6b7c1e-8a52-4d0b-9c1d-5e2f4a6b8c0d";
const START = "2026-03-01T10:00:00Z";

/** A tenant's token issuer, and the adapter under test beside it, both by one clock. */
export interface TestTenant {
  readonly issuer: TokenIssuer;
  readonly clock: ManualClock;
  readonly partner: Client;
  /** Where the issuer publishes its keys. */
  readonly jwksUri: string;
  /** A verifier that has asked for no keys yet. */
  verifier(rules?: { jwksUri?: string; keysTimeoutMs?: number }): Tokens;
  /** The claims of the partner's valid token, with changes. */
  claims(version?: 1 | 2, changed?: object): Record<string, unknown>;
  /** Unix time, so many seconds from now. */
  seconds(fromNow: number): number;
  /** Undoes faults and what happened to the clock. */
  reset(): void;
}

export async function startTenant(): Promise<TestTenant> {
  const clock = manualClock(START);
  const clients = makeClients();
  const partner = clients["partner-a"];
  const issuer = await startTokenIssuer({
    audiences: [{ uri: AUDIENCE, clientId: API_CLIENT_ID }],
    clients,
    now: () => clock.now(),
  });
  const jwksUri = `${issuer.authority}/${issuer.tenantId}/discovery/v2.0/keys`;
  return {
    issuer,
    clock,
    partner,
    jwksUri,
    verifier: (rules = {}) =>
      joseTokens(
        {
          jwksUri,
          issuers: [issuer.issuers[1], issuer.issuers[2]],
          audiences: [`${AUDIENCE}/`, API_CLIENT_ID],
          tenantId: issuer.tenantId,
          ...rules,
        },
        clock,
      ),
    claims: (version = 2, changed = {}) => ({
      ...issuer.claimsFor(partner, AUDIENCE, version),
      ...changed,
    }),
    seconds: (fromNow) => Math.floor(clock.now().getTime() / 1_000) + fromNow,
    reset: () => {
      clock.set(START);
      issuer.setFault(null);
    },
  };
}
