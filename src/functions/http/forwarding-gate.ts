import { randomUUID } from "node:crypto";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { Server } from "node:http";
import { createRequire } from "node:module";
import { AppError } from "../../domain/errors.ts";
import type { Log } from "../../domain/log-events.ts";
import { GUID_REGEXP } from "../../domain/values/guid.ts";
import {
  type Forwarded,
  type ForwardedRequests,
  forwardedRequests,
  type HalfPatience,
} from "./forwarded-requests.ts";
import { noteResponse } from "./open-responses.ts";
import { problemOf } from "./problem.ts";

const PATIENCE: HalfPatience = { requestMs: 8_000, invocationMs: 10_000 };
const LISTEN_CHANNEL = "tracing:net.server.listen:asyncStart";
/** The platform's web server takes 8 KB of request line and 32 KB of headers, and its forwarder adds some; Node's default is 16 KB. */
const MAX_HEADER_BYTES = 64 * 1024;

/** The part of the worker's own module that stands here; `@azure/functions` is written against the same. */
interface Core {
  getProgrammingModel(): ProgrammingModel;
  setProgrammingModel(model: ProgrammingModel): void;
}

interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  getCapabilities(capabilities: Record<string, string>): Promise<Record<string, string>>;
  getInvocationModel(context: CoreContext): unknown;
}

/** The worker's input to the library for one invocation. */
interface CoreContext {
  readonly invocationId: string;
  readonly metadata: { readonly bindings: Readonly<Record<string, { readonly type?: string }>> };
  /** The library takes `request.headers` and `request.params` from the metadata. */
  request: { readonly triggerMetadata?: Readonly<Record<string, object>> | null };
}

/**
 * Stands before the library's HTTP server. Comes after the first function is registered, and before the app has started.
 *
 * With streaming, the platform sends a request in two halves: an invocation, and a request to a server that the
 * library opens in this process. The header `x-ms-invocation-id` says which belong together. The library believes
 * whatever comes and waits for ever, and when a function takes too long, the platform ends this process with all that
 * it is at. So a stranger who needs no token could
 *
 * - leave an invocation without its request. The platform does not forward a request with an id of the caller in that
 *   header, or with characters beyond ASCII;
 * - leave a request without its invocation, and the library with both for good;
 * - throw in the library, before any handler: with the id "error", or a `Host` that no URL can have;
 * - take a caller's headers away, and with them its token. The platform puts the query and the members of a JSON body
 *   under the same names as the headers.
 *
 * Therefore the library sees only whole pairs, with the headers that the request really has. Its server takes all
 * headers that the platform's server takes.
 */
export function installForwardingGate(log: Log): void {
  const core = functionsCore();
  if (core === null) {
    return;
  }
  const model = core.getProgrammingModel();
  const requests = forwardedRequests(PATIENCE);
  core.setProgrammingModel({
    name: model.name,
    version: model.version,
    getCapabilities: async (capabilities) => {
      const servers = new Set<Server>();
      const guard = (message: unknown): void => {
        const { server } = message as { server: unknown };
        if (server instanceof Server && !servers.has(server)) {
          servers.add(server);
          guardServer(server, requests, log);
        }
      };
      subscribe(LISTEN_CHANNEL, guard);
      const extended = await model
        .getCapabilities(capabilities)
        .finally(() => unsubscribe(LISTEN_CHANNEL, guard));
      if (servers.size === 0) {
        throw new Error("Cannot start: @azure/functions has opened no HTTP server to stand before");
      }
      return extended;
    },
    getInvocationModel: async (context) => {
      if (isHttpTriggered(context)) {
        const forwarded = await requests.claim(context.invocationId);
        noteResponse(context.invocationId, forwarded.response);
        context.request = {
          ...context.request,
          triggerMetadata: trueMetadata(context, forwarded),
        };
        forwarded.handOver();
      }
      return model.getInvocationModel(context);
    },
  });
}

/** Null outside the worker, as in tests: then the library has no server either. */
function functionsCore(): Core | null {
  try {
    return createRequire(import.meta.url)("@azure/functions-core") as Core;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") {
      return null;
    }
    throw error;
  }
}

function isHttpTriggered({ metadata }: CoreContext): boolean {
  return Object.values(metadata.bindings).some(({ type }) => /^httpTrigger$/i.test(type ?? ""));
}

function guardServer(server: Server, requests: ForwardedRequests, log: Log): void {
  Object.assign(server, { maxHeaderSize: MAX_HEADER_BYTES });
  const listeners = server.listeners("request");
  server.removeAllListeners("request");
  server.on("request", (request, response) => {
    const handOver = (): void => {
      // whatever address the client has used: ours is a setting, and the library makes a URL of this one
      const address = { "x-forwarded-host": "localhost", "x-forwarded-proto": "http" };
      Object.assign(request.headers, address);
      for (const listener of listeners) {
        listener.call(server, request, response);
      }
    };
    const forwarded = { request, response, handOver };
    const id = request.headers["x-ms-invocation-id"];
    const isId = typeof id === "string" && GUID_REGEXP.test(id);
    const refuse = (): void => {
      log("request-refused", { reason: "its x-ms-invocation-id is not an invocation's" });
      refuseForged(forwarded, isId ? id : randomUUID());
    };
    if (isId) {
      requests.arrive(id, forwarded, refuse);
    } else {
      refuse();
    }
  });
}

function refuseForged({ request, response }: Forwarded, requestId: string): void {
  const error = new AppError(
    "request-invalid",
    "Cannot answer the request: it has a header x-ms-invocation-id, which only the platform may set; leave it out",
  );
  const { status = 400, headers, body } = problemOf(error, requestId, "partner");
  const text = String(body);
  response.writeHead(status, {
    ...(headers as Record<string, string>),
    "Content-Length": Buffer.byteLength(text),
    "X-Content-Type-Options": "nosniff",
  });
  response.end(text);
  request.resume();
}

/** The platform's data about route, query and body, with the headers as they were sent. */
function trueMetadata(
  { request }: CoreContext,
  { request: { rawHeaders } }: Forwarded,
): Record<string, object> {
  const others = Object.entries(request.triggerMetadata ?? {}).filter(
    ([name]) => !/^(?:headers|query)$/i.test(name),
  );
  const headers = rawHeaders.flatMap((name, at) =>
    at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ""]] : [],
  );
  return { ...Object.fromEntries(others), Headers: { json: JSON.stringify(headers) } };
}
