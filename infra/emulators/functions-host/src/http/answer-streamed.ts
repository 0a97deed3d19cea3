import {
  type Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
} from "node:http";
import { pipeline } from "node:stream";
import { errorText } from "../log.ts";
import {
  type AnswerPorts,
  contentLength,
  type Exchange,
  endUpload,
  endWith,
  headerPairs,
  isChunked,
  protocolOf,
  readBodyAhead,
  requestTarget,
  traceContext,
  triggerMetadata,
} from "./exchange.ts";
import {
  isForwardable,
  warnOfBodyInMemory,
  warnOfForwarding,
  warnOfPollution,
} from "./platform-warnings.ts";
import { BodyTooLargeError, type SpooledBody } from "./spooled-body.ts";

export interface StreamPorts extends AnswerPorts {
  /** Port of the library's HTTP proxy server on 127.0.0.1. */
  readonly proxyPort: number;
  readonly agent: Agent;
  /** Resolves when the request may be forwarded. */
  readonly turn: () => Promise<void>;
}

/** Headers that belong to one connection. */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];
const NOT_FORWARDED = new Set([
  ...HOP_BY_HOP,
  "expect",
  "host",
  "x-forwarded-host",
  "x-forwarded-proto",
]);
const NOT_RETURNED = new Set(HOP_BY_HOP);

/**
 * Answers a request. It forwards the request to the library's own HTTP server and its answer to the client; the
 * invocation takes another way. Bodies with a Content-Length are read ahead; chunked ones stream. Both directions keep
 * back-pressure. If the client disconnects, the forwarded request is aborted.
 *
 * If the request cannot be forwarded completely, the answer is 500, after the end of the invocation.
 *
 * A handler that throws or returns nothing never answers the forwarded request: the platform's client then waits 240
 * seconds. Here the client gets 500 at once, and the log a loud warning.
 */
export async function answerStreamed(ports: StreamPorts, exchange: Exchange): Promise<void> {
  warnOfForwarding(ports.log, exchange);
  warnOfBodyInMemory(ports.log, exchange);
  const body = await readBodyAhead(exchange, ports.maxBodyBytes);
  const metadata = await triggerMetadata(exchange, body);
  warnOfPollution(ports.log, exchange, metadata);
  if (!isChunked(exchange.request)) {
    // a streamed upload is already on its way
    await ports.turn();
  }
  const upstream = isForwardable(exchange) ? forward(ports, exchange, body) : null;
  const relayed = upstream === null ? notForwarded() : relay(upstream, exchange);
  const invoked = ports.invoke(exchange.target, {
    invocationId: exchange.invocationId,
    inputData: [{ name: exchange.target.trigger.name, data: { http: {} } }],
    triggerMetadata: metadata,
    traceContext: traceContext(exchange),
  });
  try {
    await bothHalves(relayed, invoked);
  } catch (error) {
    failExchange(ports, exchange, error);
  } finally {
    upstream?.destroy();
    await body?.dispose();
    endUpload(exchange.request);
  }
}

function notForwarded(): Promise<never> {
  return Promise.reject(new Error("its headers are not all ASCII"));
}

/**
 * Resolves when the client has its answer.
 *
 * @throws NoAnswerError when the library will never end the forwarded request; after the end of the invocation, the
 *   error that made the forwarding fail
 */
async function bothHalves(relayed: Promise<void>, invoked: Promise<unknown>): Promise<void> {
  const forwarding = relayed.then(
    () => null,
    (error: unknown) => ({ error }),
  );
  const invocation = invoked.then(
    (result) => (result === null || result === undefined ? "it returned nothing" : null),
    (error: unknown) => `it failed with "${error instanceof Error ? error.message : error}"`,
  );
  const first = await Promise.race([
    forwarding,
    invocation.then((silence) =>
      silence === null ? forwarding : { error: new NoAnswerError(silence) },
    ),
  ]);
  if (first !== null) {
    await invocation;
    throw first.error;
  }
}

class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";
}

function forward(ports: StreamPorts, exchange: Exchange, body: SpooledBody | null): ClientRequest {
  const { request } = exchange;
  const upstream = httpRequest({
    host: "127.0.0.1",
    port: ports.proxyPort,
    agent: ports.agent,
    method: request.method,
    path: requestTarget(exchange),
    headers: forwardedHeaders(ports, exchange).flat(),
  });
  if (body !== null) {
    body.open().pipe(upstream);
  } else if (isChunked(request)) {
    limitUpload(request, upstream, ports.maxBodyBytes);
    request.pipe(upstream);
  } else {
    upstream.end();
  }
  return upstream;
}

function forwardedHeaders({ proxyPort }: StreamPorts, exchange: Exchange): [string, string][] {
  const { request, invocationId } = exchange;
  const kept = headerPairs(exchange).filter(([name]) => !NOT_FORWARDED.has(name.toLowerCase()));
  const framing: [string, string][] = isChunked(request)
    ? [["transfer-encoding", "chunked"]]
    : contentLength(request) === 0 && !["GET", "HEAD"].includes(request.method ?? "GET")
      ? [["content-length", "0"]]
      : [];
  // the platform adds its own only if there is none
  const hasId = request.headers["x-ms-invocation-id"] !== undefined;
  const id: [string, string][] = hasId ? [] : [["x-ms-invocation-id", invocationId]];
  return [
    ...kept.filter(([name]) => framing.length === 0 || name.toLowerCase() !== "content-length"),
    ...framing,
    ["host", `localhost:${proxyPort}`],
    ["x-forwarded-host", request.headers.host ?? "localhost"],
    ["x-forwarded-proto", protocolOf(exchange)],
    ...id,
  ];
}

function limitUpload(request: IncomingMessage, upstream: ClientRequest, maxBytes: number): void {
  let sizeBytes = 0;
  request.on("data", (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) {
      upstream.destroy(new BodyTooLargeError(`The upload is longer than ${maxBytes} bytes`));
    }
  });
}

/** Resolves when the client has the whole answer or has disconnected; rejects when the forwarding fails. */
function relay(upstream: ClientRequest, { response }: Exchange): Promise<void> {
  return new Promise((resolve, reject) => {
    upstream.on("error", reject);
    const end = (): void => {
      upstream.destroy();
      resolve();
    };
    if (response.closed) {
      end();
      return;
    }
    response.once("close", end);
    upstream.once("response", (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.statusMessage, returnedHeaders(answer));
      // The head must not wait for the first part of a slow body.
      response.flushHeaders();
      pipeline(answer, response, (error) => (error ? reject(error) : resolve()));
    });
  });
}

function returnedHeaders({ rawHeaders }: IncomingMessage): string[] {
  const kept: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = "", value = ""] = rawHeaders.slice(index, index + 2);
    if (!NOT_RETURNED.has(name.toLowerCase())) {
      kept.push(name, value);
    }
  }
  return kept;
}

function failExchange({ log }: StreamPorts, exchange: Exchange, error: unknown): void {
  const { response, target, invocationId } = exchange;
  const about = { functionName: target.name, invocationId };
  if (response.destroyed) {
    return;
  }
  if (error instanceof BodyTooLargeError) {
    log.warn(`${error.message}: the platform answers 500 without a body`, about);
    endWith(response, 500);
  } else if (error instanceof NoAnswerError) {
    log.warn(
      `IN AZURE THIS REQUEST HANGS for 240 s: function "${target.name}" does not answer, ${error.message}. With streaming on, a handler must catch everything and return a response.`,
      about,
    );
    endWith(response, 500);
  } else {
    log.error(`Cannot forward a request to function "${target.name}": ${errorText(error)}`, about);
    endWith(response, 500);
  }
}
