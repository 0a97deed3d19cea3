import { createHash, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import type { Client } from "./token-issuer-clients.ts";

/** An API for which tokens are requested. */
export interface Audience {
  /** Application ID URI, for Waybill the public base URL; with or without a slash at the end. */
  readonly uri: string;
  /** Application (client) id of the API's own registration; `aud` of version 2 tokens. */
  readonly clientId: string;
  /**
   * The registration's `requestedAccessTokenVersion`. Without it a token has the version of its endpoint. Entra never
   * does that, but it gives both kinds easily.
   */
  readonly tokenVersion?: TokenVersion;
}

export type TokenVersion = 1 | 2;

export interface Tenant {
  readonly id: string;
  readonly issuers: Readonly<Record<TokenVersion, string>>;
  readonly clients: Readonly<Record<string, Client>>;
  findAudience(resource: string): Audience | null;
  now(): Date;
}

export interface TokenRequest {
  readonly endpoint: TokenVersion;
  /** The form of the request's body. */
  readonly form: URLSearchParams;
  /** The `Authorization` header, for client authentication by Basic. */
  readonly authorization: string | undefined;
}

export interface Grant {
  readonly claims: Record<string, unknown>;
  /** The resource as the client wrote it. */
  readonly resource: string;
}

/** A refusal in the form of Entra's token endpoint. */
export interface Refusal {
  readonly status: number;
  readonly body: object;
}

export const LIFETIME_SECONDS = 3599;
/** Entra dates its tokens back, for clients with slow clocks. */
const BACKDATED_SECONDS = 300;

/**
 * Decides about a token request: client credentials only.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 * @see https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 */
export function decideGrant(tenant: Tenant, request: TokenRequest): Grant | Refusal {
  const { endpoint, form } = request;
  const missing = ["grant_type", endpoint === 1 ? "resource" : "scope"].find(
    (name) => !form.get(name),
  );
  if (missing !== undefined) return refusal(tenant, missingParameter(missing));
  const grantType = form.get("grant_type");
  if (grantType !== "client_credentials") {
    return refusal(tenant, {
      error: "unsupported_grant_type",
      code: 70003,
      says: `The app requested an unsupported grant type '${grantType}'.`,
    });
  }
  const client = authenticatedClient(tenant, request);
  if ("says" in client) return refusal(tenant, client);
  const asked = askedResource(request);
  if (typeof asked !== "string") return refusal(tenant, asked);
  const audience = tenant.findAudience(asked);
  return audience === null
    ? refusal(tenant, {
        error: "invalid_resource",
        code: 500011,
        says: `The resource principal named ${asked} was not found in the tenant named ${tenant.id}.`,
      })
    : {
        resource: asked,
        claims: claimsOf(tenant, { client, audience, resource: asked, endpoint }),
      };
}

/** The claims of a token, as Entra writes them for an application without a user. */
export function claimsOf(
  tenant: Tenant,
  {
    client,
    audience,
    resource,
    endpoint,
  }: {
    client: Client;
    audience: Audience;
    resource: string;
    endpoint: TokenVersion;
  },
): Record<string, unknown> {
  const version = audience.tokenVersion ?? endpoint;
  const nowSeconds = Math.floor(tenant.now().getTime() / 1000);
  const issuedAt = nowSeconds - BACKDATED_SECONDS;
  return {
    aud: version === 1 ? resource : audience.clientId,
    iss: tenant.issuers[version],
    iat: issuedAt,
    nbf: issuedAt,
    exp: nowSeconds + LIFETIME_SECONDS,
    aio: randomBytes(24).toString("base64"),
    ...(version === 1
      ? { appid: client.id, appidacr: "1", idp: tenant.issuers[1] }
      : { azp: client.id, azpacr: "1" }),
    oid: client.objectId,
    rh: randomBytes(24).toString("base64url"),
    ...(client.roles.length > 0 ? { roles: client.roles } : {}),
    sub: client.objectId,
    tid: tenant.id,
    uti: randomBytes(16).toString("base64url"),
    ver: `${version}.0`,
  };
}

/** Why a request is refused. */
interface Objection {
  readonly error: string;
  /** Number of the AADSTS code. */
  readonly code: number;
  readonly says: string;
}

/** Writes a refusal as Entra does, even for requests that are not token requests. */
export function refusal(tenant: Pick<Tenant, "now">, { error, code, says }: Objection): Refusal {
  const timestamp = tenant
    .now()
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, "Z");
  const [traceId, correlationId] = [randomUUID(), randomUUID()];
  return {
    status: error === "invalid_client" ? 401 : 400,
    body: {
      error,
      error_description: `AADSTS${code}: ${says} Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
      error_codes: [code],
      timestamp,
      trace_id: traceId,
      correlation_id: correlationId,
      error_uri: `https://login.microsoftonline.com/error?code=${code}`,
    },
  };
}

function missingParameter(name: string): Objection {
  return {
    error: "invalid_request",
    code: 900144,
    says: `The request body must contain the following parameter: '${name}'.`,
  };
}

function authenticatedClient(
  tenant: Tenant,
  { form, authorization }: TokenRequest,
): Client | Objection {
  const [id, secret] = credentialsFrom(authorization) ?? [
    form.get("client_id"),
    form.get("client_secret"),
  ];
  if (!id) return missingParameter("client_id");
  const client = Object.values(tenant.clients).find(
    (candidate) => candidate.id === id.toLowerCase(),
  );
  if (client === undefined) {
    return {
      error: "unauthorized_client",
      code: 700016,
      says: `Application with identifier '${id}' was not found in the directory '${tenant.id}'.`,
    };
  }
  if (!secret) {
    return {
      error: "invalid_client",
      code: 7000218,
      says: "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    };
  }
  return isSame(secret, client.secret)
    ? client
    : {
        error: "invalid_client",
        code: 7000215,
        says: `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${client.id}'.`,
      };
}

/** @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1: both parts are form-encoded before they are joined */
function credentialsFrom(authorization: string | undefined): [string, string] | null {
  const [, encoded] = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization ?? "") ?? [];
  if (encoded === undefined) return null;
  const [id = "", ...rest] = Buffer.from(encoded, "base64").toString().split(":");
  const decoded = new URLSearchParams(`id=${id}&secret=${rest.join(":")}`);
  return [decoded.get("id") ?? "", decoded.get("secret") ?? ""];
}

function askedResource({ endpoint, form }: TokenRequest): string | Objection {
  if (endpoint === 1) return form.get("resource") ?? "";
  const scope = form.get("scope") ?? "";
  return /^\S+\/\.default$/.test(scope)
    ? scope.slice(0, -"/.default".length)
    : {
        error: "invalid_scope",
        code: 1002012,
        says: `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
      };
}

function isSame(given: string, secret: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}
