import { AppError, type ErrorCode } from "../../domain/errors.ts";
import type { HttpConnection } from "./connection.ts";

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
    throw problem("is not an address");
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
  return startsWith(base, address) ? address : null;
}

/**
 * Whether an address that an API gave is the base URL or lies beneath it, also for a server that decodes its path once more than the
 * standard says: `..%2f` and `%252e%252e` lead upwards there.
 *
 * @param base as `baseAddress` returns it
 */
export function isBeneath(base: URL, address: URL): boolean {
  return startsWith(base, address) && !climbs(address.pathname.slice(base.pathname.length));
}

function startsWith(base: URL, address: URL): boolean {
  return (
    address.origin === base.origin &&
    address.username === "" &&
    address.password === "" &&
    // A slash more or less at the end is the same place.
    `${address.pathname}/`.startsWith(base.pathname)
  );
}

const MAX_DECODINGS = 3;

/** The URL parser has resolved plain dot segments, and `%2e%2e`. */
function climbs(path: string): boolean {
  let decoded = path;
  for (let round = 0; round < MAX_DECODINGS; round += 1) {
    decoded = decoded.replaceAll(/%(2e|2f|5c|25)/gi, (code) => decodeURIComponent(code));
  }
  // Some servers take away what stands behind a semicolon before they look for dots.
  return decoded.split(/[/\\]/).some((segment) => /^\.\.(?:;|$)/.test(segment));
}

/**
 * The connection's base URL, and those beneath which its next links may lead as well.
 *
 * @see baseAddress
 */
export function allowedBases(
  connection: HttpConnection,
  name: string,
  code: ErrorCode,
): readonly URL[] {
  return [connection.baseUrl, ...(connection.nextLinks ?? [])].map((baseUrl) =>
    baseAddress({ ...connection, baseUrl }, name, code),
  );
}

/** @returns the header that carries the connection's secret */
export function authHeaders(
  auth: Exclude<HttpConnection["auth"], { kind: "client-credentials" }>,
): Record<string, string> {
  switch (auth.kind) {
    case "none":
      return {};
    case "bearer":
      return { authorization: `Bearer ${auth.token}` };
    case "key":
      return { [auth.header]: auth.key };
  }
}
