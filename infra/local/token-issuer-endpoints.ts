import type { IncomingMessage } from "node:http";
import {
  decideGrant,
  type Grant,
  LIFETIME_SECONDS,
  refusal,
  type Tenant,
  type TokenVersion,
} from "./token-issuer-grant.ts";
import type { SigningKeys } from "./token-issuer-keys.ts";

export interface Answer {
  readonly status: number;
  readonly body: object;
}

export interface RequestCounts {
  discovery: number;
  keys: number;
  token: number;
}

export interface Endpoints {
  readonly tenant: Tenant;
  readonly authority: string;
  readonly keys: SigningKeys;
  /** Counted up by every request to a known address. */
  readonly counts: RequestCounts;
}

interface Address {
  readonly kind: keyof RequestCounts;
  readonly version: TokenVersion;
}

/** The addresses below the tenant's id. */
const ADDRESSES: ReadonlyMap<string, Address> = new Map([
  [".well-known/openid-configuration", { kind: "discovery", version: 1 }],
  ["v2.0/.well-known/openid-configuration", { kind: "discovery", version: 2 }],
  ["discovery/keys", { kind: "keys", version: 1 }],
  ["discovery/v2.0/keys", { kind: "keys", version: 2 }],
  ["oauth2/token", { kind: "token", version: 1 }],
  ["oauth2/v2.0/token", { kind: "token", version: 2 }],
]);

const MAX_FORM_BYTES = 64 * 1024;

/** Answers the requests of one tenant. */
export function answerer(endpoints: Endpoints): (request: IncomingMessage) => Promise<Answer> {
  const { tenant, keys, counts } = endpoints;
  return async (request) => {
    const [path = ""] = (request.url ?? "").split("?");
    const [, tenantId = "", rest = ""] = /^\/([^/]+)\/(.+)$/.exec(path) ?? [];
    const address = ADDRESSES.get(rest);
    if (address === undefined) return { status: 404, body: {} };
    counts[address.kind]++;
    if (tenantId.toLowerCase() !== tenant.id.toLowerCase()) {
      return refusal(tenant, {
        error: "invalid_request",
        code: 90002,
        says: `Tenant '${tenantId}' not found.`,
      });
    }
    if (address.kind === "keys") return { status: 200, body: keys.keySet() };
    if (address.kind === "discovery") {
      return { status: 200, body: discovery(endpoints, address.version) };
    }
    return answerToken(endpoints, address.version, request);
  };
}

async function answerToken(
  { tenant, keys }: Endpoints,
  endpoint: TokenVersion,
  request: IncomingMessage,
): Promise<Answer> {
  if (request.method !== "POST") {
    return refusal(tenant, {
      error: "invalid_request",
      code: 900561,
      says: `The endpoint only accepts POST requests. Received a ${request.method} request.`,
    });
  }
  const form = new URLSearchParams(await bodyOf(request));
  const decision = decideGrant(tenant, {
    endpoint,
    form,
    authorization: request.headers.authorization,
  });
  if ("status" in decision) return decision;
  return { status: 200, body: tokenAnswer(endpoint, decision, keys.sign(decision.claims)) };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MAX_FORM_BYTES) throw new Error("Cannot read the form: it is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Version 1 writes its numbers as text. */
function tokenAnswer(
  endpoint: TokenVersion,
  { resource, claims }: Grant,
  token: string,
): Record<string, unknown> {
  if (endpoint === 2) {
    return {
      token_type: "Bearer",
      expires_in: LIFETIME_SECONDS,
      ext_expires_in: LIFETIME_SECONDS,
      access_token: token,
    };
  }
  return {
    token_type: "Bearer",
    expires_in: `${LIFETIME_SECONDS}`,
    ext_expires_in: `${LIFETIME_SECONDS}`,
    expires_on: `${claims.exp}`,
    not_before: `${claims.nbf}`,
    resource,
    access_token: token,
  };
}

function discovery({ tenant, authority }: Endpoints, version: TokenVersion): object {
  const base = `${authority}/${tenant.id}`;
  const infix = version === 2 ? "v2.0/" : "";
  return {
    token_endpoint: `${base}/oauth2/${infix}token`,
    token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic"],
    jwks_uri: `${base}/discovery/${infix}keys`,
    response_modes_supported: ["query", "fragment", "form_post"],
    subject_types_supported: ["pairwise"],
    id_token_signing_alg_values_supported: ["RS256"],
    response_types_supported: ["code"],
    scopes_supported: ["openid"],
    issuer: tenant.issuers[version],
    authorization_endpoint: `${base}/oauth2/${infix}authorize`,
    claims_supported: ["sub", "iss", "aud", "exp", "iat", "tid", "ver"],
  };
}
