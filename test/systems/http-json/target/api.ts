import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { listenLocally } from "../../../../infra/local/listen.ts";
import type { RowFailure, Target, WriteRequest } from "../../../../src/domain/target.ts";
import type { Column, ColumnType, Row } from "../../../../src/formats/rows.ts";
import type { HttpConnection } from "../../../../src/systems/http-json/connection.ts";
import { HttpJsonTargetDefinition } from "../../../../src/systems/http-json/target/definition.ts";
import { httpJsonTarget } from "../../../../src/systems/http-json/target/http-json-target.ts";
import { connectionsOf } from "../../connections-of.ts";

export interface SeenRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An answer of the API; a function may do anything with the response. */
export type Reply =
  | {
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | ((response: ServerResponse) => void);

export interface Api {
  readonly baseUrl: string;
  readonly requests: SeenRequest[];
  /** Decides about each request; 201 by default. */
  answer: (request: SeenRequest) => Reply;
  stop(): Promise<void>;
}

/** An HTTP API whose answers a test decides. */
export async function startApi(): Promise<Api> {
  const server = createServer(async (incoming, response) => {
    const request = {
      method: incoming.method ?? "",
      path: incoming.url ?? "",
      headers: incoming.headers,
      body: await text(incoming),
    };
    api.requests.push(request);
    const reply = api.answer(request);
    if (typeof reply === "function") {
      reply(response);
      return;
    }
    response.writeHead(reply.status, { "content-type": "application/json", ...reply.headers });
    response.end(typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body));
  });
  const port = await listenLocally(server, 0);
  const api: Api = {
    baseUrl: `http://127.0.0.1:${port}/api/`,
    requests: [],
    answer: () => ({ status: 201 }),
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
  return api;
}

/** Answers in this order, the last one for ever. */
export function inTurn(...replies: Reply[]): () => Reply {
  let turn = 0;
  return () => {
    turn += 1;
    return replies[Math.min(turn, replies.length) - 1] as Reply;
  };
}

export interface AnApiTarget {
  readonly definition?: object;
  readonly connection?: Partial<HttpConnection>;
  /** Gets each wait instead of it. */
  readonly onWait?: (milliseconds: number) => void;
}

/** A target at `items` of the API, whose random waits are as long as they can be, and take no time. */
export function targetOf(api: Api, { definition, connection, onWait }: AnApiTarget = {}): Target {
  return httpJsonTarget(
    HttpJsonTargetDefinition.parse({
      kind: "http-json",
      connection: "shop",
      method: "POST",
      path: "items",
      ...definition,
    }),
    connectionsOf({
      kind: "http",
      baseUrl: api.baseUrl,
      auth: { kind: "bearer", token: "s3cret-token" },
      ...connection,
    }),
    {
      random: () => 1,
      sleep: (milliseconds, signal) => {
        signal.throwIfAborted();
        onWait?.(milliseconds);
        return Promise.resolve();
      },
    },
  );
}

/** @param columns `id:integer name:string` */
export function aRequest(columns: string, overrides: Partial<WriteRequest> = {}): WriteRequest {
  return {
    runId: "run-1",
    entity: "Items",
    columns: columns.split(" ").map((part): Column => {
      const [name = "", type = "string"] = part.split(":");
      return { name, type: type as ColumnType };
    }),
    validateOnly: false,
    atomic: false,
    signal: new AbortController().signal,
    ...overrides,
  };
}

/** Writes rows in one batch. */
export async function writeAll(
  target: Target,
  request: WriteRequest,
  rows: readonly Row[],
): Promise<readonly RowFailure[]> {
  const writer = await target.open(request);
  const failures = await writer.write(rows, 1);
  await writer.commit();
  await writer.close();
  return failures;
}
