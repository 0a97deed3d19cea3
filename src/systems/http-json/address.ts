import { AppError, type ErrorCode } from "../../domain/errors.ts";
import type { HttpConnection } from "./connection.ts";

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(["127.0.0.1", "[::1]", "localhost"]);

/**
 * The connection's base URL. Only https, so that no token travels unencrypted and no metadata service of the cloud
 * (plain http) can be meant. Http to this machine is allowed for development.
 *
 * @param name name of the connection, for the message
 * @throws AppError `code`; the message never quotes the setting
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
      "must not hold a user, query or fragment; put secrets into the connection's auth",
    );
  }
  base.pathname = base.pathname.replace(/\/*$/, "/");
  return base;
}

/**
 * @param base from `baseAddress`
 * @returns null when the path leads out of the base URL
 */
export function addressBeneath(base: URL, path: string): URL | null {
  const address = new URL(`${base.href}${path}`);
  return startsWith(base, address) ? address : null;
}

/**
 * Whether an address from an API is the base URL or lies beneath it. It must hold even for a server that decodes its
 * path once more than the standard says. For such a server `..%2f` and `%252e%252e` lead upwards.
 *
 * @param base from `baseAddress`
 */
export function isBeneath(base: URL, address: URL): boolean {
  return startsWith(base, address) && !climbs(address.pathname.slice(base.pathname.length));
}

function startsWith(base: URL, address: URL): boolean {
  return (
    address.origin === base.origin &&
    address.username === "" &&
    address.password === "" &&
    // One slash more or less at the end is the same place.
    `${address.pathname}/`.startsWith(base.pathname)
  );
}

const MAX_DECODINGS = 3;

/** The URL parser has already resolved plain dot segments and `%2e%2e`. */
function climbs(path: string): boolean {
  let decoded = path;
  for (let round = 0; round < MAX_DECODINGS; round += 1) {
    decoded = decoded.replaceAll(/%(2e|2f|5c|25)/gi, (code) => decodeURIComponent(code));
  }
  // Some servers remove text after a semicolon before they look for dots.
  return decoded.split(/[/\\]/).some((segment) => /^\.\.(?:;|$)/.test(segment));
}

/**
 * The connection's base URL, and those to which its next links may lead.
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
