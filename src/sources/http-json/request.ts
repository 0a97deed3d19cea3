import type { HttpJsonDefinition } from "../../contracts/source-definition.ts";
import { AppError } from "../../domain/errors.ts";
import type { Connection } from "../../domain/source.ts";

type HttpConnection = Extract<Connection, { kind: "http" }>;

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(["127.0.0.1", "[::1]", "localhost"]);

/**
 * The connection's base URL. Only https, so that no token travels in the clear and no plain-http metadata service of
 * the cloud can be meant; http to this machine itself is for development.
 *
 * @throws AppError `source-invalid`; the message does not quote the setting
 */
export function baseAddress(connection: HttpConnection, name: string): URL {
  const problem = (because: string) =>
    new AppError("source-invalid", `Cannot use connection "${name}": its base URL ${because}`);
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

/**
 * The address of the first page, without the parameters of paging.
 *
 * @param from canonical instant from which changed rows are asked for; null: everything
 * @throws AppError `source-invalid` when the path leads out of the base URL
 */
export function firstAddress(definition: HttpJsonDefinition, base: URL, from: string | null): URL {
  const address = new URL(`${base.href}${definition.path.replace(/^\/+/, "")}`);
  // The URL parser resolves "%2e%2e" too.
  if (address.origin !== base.origin || !address.pathname.startsWith(base.pathname)) {
    throw new AppError(
      "source-invalid",
      `Cannot read path "${definition.path}": it leads out of the connection's base URL`,
    );
  }
  for (const [name, value] of Object.entries(definition.query)) {
    address.searchParams.set(name, value);
  }
  if (from !== null) {
    addFilter(definition, address.searchParams, from);
  }
  return address;
}

function addFilter(
  { incremental }: HttpJsonDefinition,
  parameters: URLSearchParams,
  from: string,
): void {
  if (incremental.by === "none") {
    return;
  }
  const { filter } = incremental;
  if (filter.by === "parameter") {
    parameters.set(filter.parameter, filter.template.replaceAll("{from}", from));
    return;
  }
  const own = parameters.get("$filter");
  const condition = `${filter.field} ge ${from}`;
  parameters.set("$filter", own === null ? condition : `(${own}) and ${condition}`);
}
