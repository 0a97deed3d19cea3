import { addressKey } from "../broker/address.ts";

/** The names between the slashes, in lower case, percent-decoded. Empty: the whole namespace. */
export type Path = readonly string[];

/** The resource of a token. */
export interface Resource {
  /** In lower case, without port; null when only a path is given. */
  readonly host: string | null;
  readonly path: Path;
}

const SCHEME_REGEXP = /^[a-z][a-z0-9+.-]*:\/\//i;

/** Reads the resource of a token: a URL of any scheme, or one without a scheme, which begins with the host. */
export function resourceOf(text: string): Resource {
  const [host = "", ...rest] = text.replace(SCHEME_REGEXP, "").split("/");
  return { host: hostName(host), path: pathOf(rest.join("/")) };
}

/** Reads the name for which a token is put: a URL of any scheme, or a path. */
export function audienceOf(text: string): Resource {
  return SCHEME_REGEXP.test(text) ? resourceOf(text) : { host: null, path: pathOf(text) };
}

/** The part of a host header or of a URL that names the host. */
export function hostName(host: string): string {
  return (host.split(/[/?]/)[0] ?? "").replace(/:\d*$/, "").toLowerCase();
}

/** Reads the path of a URL; its query does not count. */
export function pathOf(text: string): Path {
  const path = decoded(text.split("?")[0] ?? "").replace(/^\/+|\/+$/g, "");
  return path === "" ? [] : path.toLowerCase().split("/");
}

/** The path of an AMQP address, by which the broker finds the entity. */
export function addressPath(address: string): Path {
  const key = addressKey(address);
  return key === "" ? [] : key.split("/");
}

/** Whether `inner` is equal to `outer` or lies in it. */
export function covers(outer: Path, inner: Path): boolean {
  return outer.every((name, index) => inner[index] === name);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
