import { createHash } from "node:crypto";
import { AppError, type ErrorCode } from "../../domain/errors.ts";
import { type AccessTokens, accessTokens, TokenRefused } from "./access-tokens.ts";
import { authHeaders } from "./address.ts";
import type { HttpConnection } from "./connection.ts";

/** Proof of the sender for requests of one connection. */
export interface Authorization {
  /**
   * Headers with the secret.
   *
   * @throws AppError `code` when the token server refuses for good; an error like those of `fetch` when it may pass
   */
  headers(): Promise<Readonly<Record<string, string>>>;
  /** Notes that the API answered 401 to these headers. @returns whether other headers are possible */
  renew(refused: Readonly<Record<string, string>>): boolean;
  /** Texts that must not stand in any message. */
  secrets(): readonly string[];
}

/** All reads and writes of this process share tokens, even after one of them fails. */
const shared = new Map<string, AccessTokens>();

/**
 * @param name name of the connection, for messages
 * @param code code of the error when the token server refuses
 */
export function authorization(
  connection: HttpConnection,
  name: string,
  code: ErrorCode,
): Authorization {
  const { auth } = connection;
  if (auth.kind !== "client-credentials") {
    const headers = authHeaders(auth);
    const secrets = auth.kind === "bearer" ? [auth.token] : auth.kind === "key" ? [auth.key] : [];
    return { headers: async () => headers, renew: () => false, secrets: () => secrets };
  }
  const key = createHash("sha256").update(JSON.stringify(auth)).digest("base64");
  const tokens = shared.get(key) ?? accessTokens(auth);
  shared.set(key, tokens);
  let last = "";
  return {
    headers: async () => {
      last = await tokens.get().catch((error: unknown) => {
        throw error instanceof TokenRefused ? refused(error, name, code) : error;
      });
      return { authorization: `Bearer ${last}` };
    },
    renew: (headers) => {
      tokens.forget((headers.authorization ?? "").slice("Bearer ".length));
      return true;
    },
    secrets: () => [auth.clientSecret ?? "", last].filter(Boolean),
  };
}

function refused({ message }: TokenRefused, name: string, code: ErrorCode): AppError {
  return new AppError(
    code,
    `Cannot get a token for connection "${name}": ${message}; check its client, secret and scope`,
  );
}
