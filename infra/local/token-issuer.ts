import { type KeyObject, randomUUID } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import type { Certificate } from "./certificate.ts";
import { listenLocally } from "./listen.ts";
import type { Client } from "./token-issuer-clients.ts";
import { type Answer, answerer, type RequestCounts } from "./token-issuer-endpoints.ts";
import { type Audience, claimsOf, type Tenant, type TokenVersion } from "./token-issuer-grant.ts";
import { makeSigningKeys } from "./token-issuer-keys.ts";

export interface TokenIssuerOptions<Name extends string> {
  /** 0 or absent: any free port. */
  readonly port?: number;
  /** Random when absent. */
  readonly tenantId?: string;
  /** The APIs for which tokens are issued, or a function that finds one by the requested resource. */
  readonly audiences: readonly Audience[] | ((resource: string) => Audience | null);
  readonly clients: Readonly<Record<Name, Client>>;
  /** Other values of `iss`, e.g. Entra's own. By default they lie below our own address, so that discovery works. */
  readonly issuers?: Readonly<Record<TokenVersion, string>>;
  /** With a certificate the issuer answers by https. */
  readonly certificate?: Certificate;
  readonly now?: () => Date;
}

/**
 * Fault of every request from now on: `down` cuts the connection, `slow` answers `delayMs` later, `html` answers 200
 * with a page, `huge` fills every answer up to `bytes` bytes.
 */
export type IssuerFault =
  | { readonly kind: "down" }
  | { readonly kind: "slow"; readonly delayMs: number }
  | { readonly kind: "html" }
  | { readonly kind: "huge"; readonly bytes: number };

export interface TokenIssuer<Name extends string = string> {
  readonly tenantId: string;
  /** Base URL without a slash at the end; it corresponds to Entra's `https://login.microsoftonline.com`. */
  readonly authority: string;
  /** `iss` of version 1 and of version 2 tokens. */
  readonly issuers: Readonly<Record<TokenVersion, string>>;
  readonly clients: Readonly<Record<Name, Client>>;
  /** Number of requests to each kind of address, whatever the result. */
  requests(): RequestCounts;
  /**
   * The claims of a valid token, which tests change and sign.
   * @throws Error when the audience does not exist
   */
  claimsFor(client: Client, resource: string, version: TokenVersion): Record<string, unknown>;
  /** Signs any claims with the newest key, or with `key`. The header may be false. */
  sign(claims: object, header?: object, key?: KeyObject): string;
  /** Makes a new signing key. The previous key stays published, older ones do not. */
  rotate(): Promise<void>;
  setFault(fault: IssuerFault | null): void;
  /** Ends at once, open connections too. */
  stop(): Promise<void>;
}

/** Node's five seconds would end connections that a client is about to reuse. */
const LIMITS = { keepAliveTimeout: 130_000 };

/**
 * Starts a stand-in for one tenant of Microsoft Entra ID on 127.0.0.1: discovery, keys and the client-credentials grant
 * of versions 1 and 2. Tokens, answers and errors have Entra's form.
 *
 * @throws Error with advice when the port is taken
 */
export async function startTokenIssuer<Name extends string>(
  options: TokenIssuerOptions<Name>,
): Promise<TokenIssuer<Name>> {
  const keys = await makeSigningKeys();
  const { certificate } = options;
  const server =
    certificate === undefined
      ? createServer(LIMITS)
      : createSecureServer({ ...LIMITS, ...certificate });
  const port = await listenLocally(server, options.port ?? 0);
  const authority = `${certificate === undefined ? "http" : "https"}://127.0.0.1:${port}`;
  const tenant = tenantOf(options, authority);
  const counts: RequestCounts = { discovery: 0, keys: 0, token: 0 };
  const answer = answerer({ tenant, authority, keys, counts });

  let fault: IssuerFault | null = null;
  server.on("request", (request, response) => {
    answer(request)
      .then((given) => send(response, given, fault))
      .catch(() => response.destroy());
  });

  return {
    tenantId: tenant.id,
    authority,
    issuers: tenant.issuers,
    clients: options.clients,
    requests: () => ({ ...counts }),
    claimsFor(client, resource, version) {
      const audience = tenant.findAudience(resource);
      if (audience === null) throw new Error(`Cannot make claims: no audience "${resource}"`);
      return claimsOf(tenant, { client, audience, resource, endpoint: version });
    },
    sign: keys.sign,
    rotate: keys.rotate,
    setFault(next) {
      fault = next;
    },
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function tenantOf(options: TokenIssuerOptions<string>, authority: string): Tenant {
  const id = options.tenantId ?? randomUUID();
  const { audiences } = options;
  const sameResource = (a: string, b: string) => a.replace(/\/$/, "") === b.replace(/\/$/, "");
  return {
    id,
    issuers: options.issuers ?? { 1: `${authority}/${id}/`, 2: `${authority}/${id}/v2.0` },
    clients: options.clients,
    findAudience(resource) {
      if (typeof audiences === "function") return audiences(resource);
      const found = audiences.find(
        ({ uri, clientId }) => sameResource(uri, resource) || clientId === resource,
      );
      return found ?? null;
    },
    now: options.now ?? (() => new Date()),
  };
}

async function send(
  response: ServerResponse,
  { status, body }: Answer,
  fault: IssuerFault | null,
): Promise<void> {
  if (fault?.kind === "down") {
    response.destroy();
    return;
  }
  if (fault?.kind === "slow") await delay(fault.delayMs, undefined, { ref: false });
  if (fault?.kind === "html") {
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end("<!DOCTYPE html><title>Sign in to your account</title>");
    return;
  }
  response.writeHead(status, {
    "Content-Type": "application/json; charset=utf-8",
    "Cache-Control": "no-store, no-cache",
  });
  const json = JSON.stringify(body);
  const padding = fault?.kind === "huge" ? Math.max(0, fault.bytes - json.length) : 0;
  response.end(" ".repeat(padding) + json);
}
