import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Source } from "../../../../src/domain/source.ts";
import type { HttpConnection } from "../../../../src/systems/http-json/connection.ts";
import { HttpJsonDefinition } from "../../../../src/systems/http-json/source/definition.ts";
import { httpJsonSource } from "../../../../src/systems/http-json/source/http-json-source.ts";
import { connectionsOf } from "../../connections-of.ts";

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON; a text or bytes as they are. */
  readonly body?: unknown;
}

/** An HTTP API on a free port, whose answers a test decides. */
export interface Api {
  readonly origin: string;
  /** Addresses asked for, with their queries, in order. */
  readonly asked: string[];
  readonly requests: IncomingMessage[];
  /** Waits that the sources of this API asked for between attempts; no time passes. */
  readonly waits: number[];
  answer: (url: URL, request: IncomingMessage) => Answer | "drop" | "silence";
  source(definition?: object, auth?: HttpConnection["auth"], nextLinks?: readonly string[]): Source;
  stop(): Promise<void>;
}

export async function startApi(): Promise<Api> {
  const server = createServer((request, response) => respond(api, request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const api: Api = {
    origin,
    asked: [],
    requests: [],
    waits: [],
    answer: () => ({ body: { value: [] } }),
    source: (definition = {}, auth = { kind: "none" }, nextLinks = []) =>
      httpJsonSource(
        HttpJsonDefinition.parse({
          kind: "http-json",
          connection: "api",
          path: "items",
          columns: [{ name: "id", type: "integer" }],
          paging: { by: "none" },
          incremental: { by: "none" },
          ...definition,
        }),
        connectionsOf({ kind: "http", baseUrl: `${origin}/v1`, nextLinks, auth }),
        {
          random: () => 0.5,
          sleep: (milliseconds) => {
            api.waits.push(milliseconds);
            return Promise.resolve();
          },
        },
      ),
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return api;
}

function respond(api: Api, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? "/", api.origin);
  api.asked.push(decodeURIComponent(`${url.pathname}${url.search}`.replaceAll("+", " ")));
  api.requests.push(request);
  const answer = api.answer(url, request);
  if (answer === "silence") {
    return;
  }
  if (answer === "drop") {
    request.socket.destroy();
    return;
  }
  const { status = 200, headers = {}, body = "" } = answer;
  response.writeHead(status, headers);
  const isRaw = typeof body === "string" || body instanceof Uint8Array;
  response.end(isRaw ? body : JSON.stringify(body));
}
