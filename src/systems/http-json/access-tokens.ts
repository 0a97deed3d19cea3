import { createPrivateKey, X509Certificate } from "node:crypto";
import * as oauth from "oauth4webapi";
import { bytesUpTo } from "../../domain/values/limited-bytes.ts";
import { jsonExcess } from "../../formats/json/bounded-json.ts";
import type { ClientCredentials } from "./connection.ts";

export interface AccessTokens {
  /**
   * A token that is valid for a while. All callers that wait share one request.
   *
   * @throws TokenRefused when the token server refuses for good; another Error for a failure that may pass
   */
  get(): Promise<string>;
  /** Forgets a token that an API refused, unless it was replaced already. */
  forget(token: string): void;
}

/** The token server refuses the client, its secret or its request. */
export class TokenRefused extends Error {}

/** Time before its end at which a token is renewed; a short token is renewed after four fifths of its life. */
const RENEW_BEFORE_MS = 300_000;
/** Life of a token whose server does not give one. */
const UNKNOWN_LIFE_S = 300;
/** Wait after a failed renewal, while the old token is still valid. */
const RENEW_AGAIN_MS = 30_000;
const TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 65_536;

interface Held {
  readonly token: string;
  readonly endsAtMs: number;
  readonly renewAtMs: number;
}

/**
 * Tokens of a connection by OAuth 2.0 client credentials, RFC 6749 section 4.4.
 *
 * @param now milliseconds, for tests
 */
export function accessTokens(credentials: ClientCredentials, now = Date.now): AccessTokens {
  let held: Held | null = null;
  let asking: Promise<Held> | null = null;

  const ask = (): Promise<Held> => {
    asking ??= requestToken(credentials, now).finally(() => {
      asking = null;
    });
    return asking;
  };
  return {
    get: async () => {
      const last = held;
      if (last !== null && now() < last.renewAtMs) {
        return last.token;
      }
      try {
        held = await ask();
      } catch (error) {
        if (last === null || now() >= last.endsAtMs || held !== last) {
          throw error;
        }
        held = { ...last, renewAtMs: now() + RENEW_AGAIN_MS };
      }
      return held.token;
    },
    forget: (token) => {
      held = held?.token === token ? null : held;
    },
  };
}

async function requestToken(credentials: ClientCredentials, now: () => number): Promise<Held> {
  const { tokenUrl, clientId, scope, parameters } = credentials;
  const server: oauth.AuthorizationServer = { issuer: tokenUrl, token_endpoint: tokenUrl };
  const client: oauth.Client = { client_id: clientId };
  const askedAtMs = now();
  const response = await oauth.clientCredentialsGrantRequest(
    server,
    client,
    await clientAuthentication(credentials),
    { ...parameters, ...(scope === undefined ? {} : { scope }) },
    {
      [oauth.customFetch]: boundedFetch,
      [oauth.allowInsecureRequests]: tokenUrl.startsWith("http:"),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    },
  );
  if (response.status === 408 || response.status === 429 || response.status >= 500) {
    throw passing(`the token server answers ${response.status}`);
  }
  const answer = await tokenOf(server, client, response);
  const lifeMs = (answer.expires_in ?? UNKNOWN_LIFE_S) * 1_000;
  return {
    token: answer.access_token,
    endsAtMs: askedAtMs + lifeMs,
    renewAtMs: askedAtMs + Math.max(lifeMs - RENEW_BEFORE_MS, lifeMs * 0.8),
  };
}

/** Named like a failed connection, so that callers wait and try again. */
function passing(because: string): Error {
  return new Error(because, { cause: { code: because } });
}

async function tokenOf(
  server: oauth.AuthorizationServer,
  client: oauth.Client,
  response: Response,
): Promise<oauth.TokenEndpointResponse> {
  let answer: oauth.TokenEndpointResponse;
  try {
    answer = await oauth.processClientCredentialsResponse(server, client, response);
  } catch (error) {
    throw new TokenRefused(refusal(error, response.status));
  }
  if (answer.token_type !== "bearer" || !/^[\x21-\x7e]+$/.test(answer.access_token)) {
    throw new TokenRefused("it gives no bearer token");
  }
  return answer;
}

/** The server's reason in the standard's form, without anything of the request. */
function refusal(error: unknown, status: number): string {
  if (error instanceof oauth.ResponseBodyError) {
    const description = (error.error_description ?? "").replaceAll(/\p{Cc}+/gu, " ").slice(0, 300);
    return `${error.error.slice(0, 100)}${description === "" ? "" : `: ${description}`}`;
  }
  return `its answer with status ${status} is not in the form of OAuth 2.0`;
}

async function clientAuthentication(credentials: ClientCredentials): Promise<oauth.ClientAuth> {
  const { clientSecret, certificate } = credentials;
  if (clientSecret !== undefined) {
    return credentials.secretIn === "header"
      ? oauth.ClientSecretBasic(clientSecret)
      : oauth.ClientSecretPost(clientSecret);
  }
  return certificateAuthentication(certificate ?? "");
}

/** A signed assertion, RFC 7523. Entra finds the key by the certificate's thumbprints. */
async function certificateAuthentication(pem: string): Promise<oauth.ClientAuth> {
  const key = createPrivateKey(pem);
  const isRsa = key.asymmetricKeyType === "rsa";
  const algorithm = isRsa
    ? { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }
    : { name: "ECDSA", namedCurve: "P-256" };
  const { fingerprint, fingerprint256 } = new X509Certificate(pem);
  return oauth.PrivateKeyJwt(key.toCryptoKey(algorithm, false, ["sign"]), {
    [oauth.modifyAssertion]: (header) => {
      header.x5t = thumbprint(fingerprint);
      header["x5t#S256"] = thumbprint(fingerprint256);
    },
  });
}

function thumbprint(fingerprint: string): string {
  return Buffer.from(fingerprint.replaceAll(":", ""), "hex").toString("base64url");
}

/** Refuses redirects, which would take the secret elsewhere, and answers without an end. */
async function boundedFetch(url: string, options: RequestInit): Promise<Response> {
  const response = await fetch(url, { ...options, redirect: "manual" });
  const body = await bytesUpTo(MAX_ANSWER_BYTES, response.body ?? []);
  const text = body?.toString() ?? "";
  const { status, headers } = response;
  return new Response(jsonExcess(text) === null && text !== "" ? text : null, { status, headers });
}
