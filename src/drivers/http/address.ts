import { AppError, type ErrorCode } from "../../domain/errors.ts";
import type { Connection } from "../../domain/source.ts";

export type HttpConnection = Extract<Connection, { kind: "http" }>;

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(["127.0.0.1", "[::1]", "localhost"]);

/**
 * The connection's base URL. Only https, so that no token travels in the clear and no plain-http metadata service of
 * the cloud can be meant; http to this machine itself is for development.
 *
 * @param name of the connection, for the message
 * @throws AppError `code`; the message does not quote the setting
 */
export function baseAddress(connection: HttpConnection, name: string, code: ErrorCode): URL {
  const problem = (because: string) =>
    new AppError(code, `Cannot use connection "${name}": its base URL ${because}`);
  if (!URL.canParse(connection.baseUrl)) {
    throw problem("is no address");
  }
  const base = new URL(connection.baseUrl);
  const isLocal = base.protocol === "http:" && LOOPBACK_HOSTS.has(base.hostname);
  if (base.protocol !== "https:" && !isLocal) {
    throw problem("must begin with https");
  }
  if (base.username !== "" || base.password !== "" || base.search !== "" || base.hash !== "") {
    throw problem(
      "must hold no user, query or fragment; secrets belong into the connection's auth",
    );
  }
  base.pathname = base.pathname.replace(/\/*$/, "/");
  return base;
}

/**
 * @param base as `baseAddress` returns it
 * @returns null when the path leads out of the base URL
 */
export function addressBeneath(base: URL, path: string): URL | null {
  const address = new URL(`${base.href}${path}`);
  // The URL parser resolves "%2e%2e" too.
  const isBeneath = address.origin === base.origin && address.pathname.startsWith(base.pathname);
  return isBeneath ? address : null;
}

/** @returns the header that carries the connection's secret */
export function authHeaders({ auth }: HttpConnection): Record<string, string> {
  switch (auth.kind) {
    case "none":
      return {};
    case "bearer":
      return { authorization: `Bearer ${auth.token}` };
    case "key":
      return { [auth.header]: auth.key };
  }
}
