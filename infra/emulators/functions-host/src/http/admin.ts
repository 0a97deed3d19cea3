import type { IncomingMessage, ServerResponse } from "node:http";
import { HOST_VERSION } from "../core-api.ts";
import type { HostFunction } from "../host-function.ts";
import { endWith } from "./exchange.ts";
import { spoolBody } from "./spooled-body.ts";

export interface AdminPorts {
  readonly functions: readonly HostFunction[];
  /** Starts an invocation by hand and returns at once. */
  invokeByHand(target: HostFunction, input: string | null): void;
}

const MAX_INPUT_BYTES = 1024 * 1024;

/**
 * Answers the platform's own endpoints. `POST /admin/functions/{name}` with `{ "input": "..." }` starts a function that
 * is not HTTP-triggered (202). `GET /admin/functions`, `GET /admin/host/status` and `/admin/host/ping` describe the
 * host. Any other path under the reserved words is 404. No key is needed.
 *
 * @see https://learn.microsoft.com/azure/azure-functions/functions-manually-run-non-http
 */
export async function answerAdmin(
  ports: AdminPorts,
  exchange: { request: IncomingMessage; response: ServerResponse; path: string },
): Promise<void> {
  const { request, response, path } = exchange;
  const place = `${request.method} ${path.replace(/\/$/, "").toLowerCase()}`;
  const functionName = /^POST \/admin\/functions\/([^/]+)$/.exec(place)?.[1];
  if (functionName !== undefined) {
    endWith(response, await invoke(ports, request, functionName));
  } else if (place === "GET /admin/functions") {
    endWithJson(response, ports.functions.map(describe));
  } else if (place === "GET /admin/host/status") {
    endWithJson(response, { state: "Running", version: HOST_VERSION });
  } else {
    endWith(response, /^(?:GET|POST) \/admin\/host\/ping$/.test(place) ? 200 : 404);
  }
}

async function invoke(
  ports: AdminPorts,
  request: IncomingMessage,
  functionName: string,
): Promise<number> {
  const target = ports.functions.find(({ name }) => name.toLowerCase() === functionName);
  const body = await spoolBody(request, MAX_INPUT_BYTES);
  const input = parseInput((await body.bytes()).toString());
  if (input === undefined) {
    return 400;
  }
  if (target === undefined) {
    return 404;
  }
  if (target.trigger.type === "httptrigger") {
    return 400;
  }
  ports.invokeByHand(target, input);
  return 202;
}

/** @returns undefined for a body that is not a JSON object */
function parseInput(text: string): string | null | undefined {
  try {
    const content: unknown = JSON.parse(text);
    if (typeof content !== "object" || content === null || Array.isArray(content)) {
      return undefined;
    }
    const { input } = content as { input?: unknown };
    if (input === undefined || input === null) {
      return null;
    }
    return typeof input === "string" ? input : JSON.stringify(input);
  } catch {
    return undefined;
  }
}

function describe({ name, isDisabled, metadata }: HostFunction) {
  const bindings = Object.entries(metadata.bindings).map(([binding, options]) => ({
    ...options,
    name: binding,
  }));
  return { name, isDisabled, config: { bindings } };
}

function endWithJson(response: ServerResponse, content: unknown): void {
  response.writeHead(200, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify(content));
}
