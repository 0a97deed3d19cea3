import { app, type HttpHandler } from "@azure/functions";
import type { ConnectorOf, Direction } from "../../domain/definitions/definitions.ts";
import { openConnector } from "../../domain/deliveries/open-connector.ts";
import { ConnectorId } from "../../domain/ids.ts";
import type { Ports } from "../../domain/ports.ts";
import { type Call, parseRequest } from "./route.ts";

/** Clients put a locale, or the path that a gateway publishes us under, before the path itself. */
const PREFIXES = [
  "",
  "{prefix:maxlength(64)}/",
  "{prefix1:maxlength(64)}/{prefix2:maxlength(64)}/",
];

/** Registers a verb of the connector API under each address that existing clients use for it. */
export function onEveryPath(verb: string, method: "GET" | "POST", handler: HttpHandler): void {
  onEveryPrefix(`connector-${verb}`, {
    path: `api/connector/${verb}/{activityId}`,
    method,
    handler,
  });
}

/** Registers a path as it is, and behind what clients put before it. */
export function onEveryPrefix(
  name: string,
  route: { path: string; method: "GET" | "HEAD" | "POST"; handler: HttpHandler },
): void {
  for (const [depth, prefix] of PREFIXES.entries()) {
    app.http(depth === 0 ? name : `${name}-under-${depth}`, {
      route: prefix + route.path,
      methods: [route.method],
      authLevel: "anonymous", // tokens are checked by the route: Entra's, not function keys
      handler: route.handler,
    });
  }
}

/**
 * The connector that a call names, for the application that calls.
 *
 * @throws AppError `request-invalid` and what `openConnector` throws
 */
export async function connectorOf<Way extends Direction>(
  ports: Pick<Ports, "definitions">,
  call: Call,
  direction: Way,
): Promise<{ connectorId: ConnectorId; connector: ConnectorOf<Way> }> {
  const connectorId = parseRequest(ConnectorId, call.params.activityId);
  const { applicationId } = call.caller;
  return {
    connectorId,
    connector: await openConnector(ports, { connectorId, applicationId, direction }),
  };
}
