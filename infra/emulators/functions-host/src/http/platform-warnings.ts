import { joined } from "../binding-data.ts";
import type { TypedData } from "../core-types.ts";
import type { HostLog } from "../log.ts";
import { contentLength, type Exchange, headerPairs } from "./exchange.ts";

/** Smaller bodies cost the platform's host little. */
const UNNOTICED_BYTES = 1024 * 1024;

/** Warnings so far of each function; each is given once. */
const warned = new Set<string>();

/** Warns when the query or the body replaces a value of the function, as it would in Azure. */
export function warnOfPollution(
  log: HostLog,
  exchange: Exchange,
  metadata: Record<string, TypedData>,
): void {
  const { target, values, invocationId } = exchange;
  const about = { functionName: target.name, invocationId };
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && metadata[name] === undefined) {
      log.warn(
        `Function "${target.name}" gets no params.${name}: the query or the body spells it otherwise, and the platform keeps that spelling`,
        about,
      );
    }
  }
  if (metadata.Headers?.json !== JSON.stringify(joined(headerPairs(exchange)))) {
    log.warn(
      `Function "${target.name}" gets forged headers or none: the query or the body has a member of that name`,
      about,
    );
  }
}

/**
 * Warns, once per function, that the platform's host holds a body in memory before it calls the function, and so before
 * any token can be checked.
 */
export function warnOfBodyInMemory(log: HostLog, exchange: Exchange): void {
  const { request, target, invocationId } = exchange;
  const bytes = contentLength(request);
  if (bytes <= UNNOTICED_BYTES || warned.has(target.name)) {
    return;
  }
  warned.add(target.name);
  const isJson = /\bjson\b/i.test(request.headers["content-type"] ?? "");
  const token = request.headers.authorization === undefined ? "without a token" : "with a token";
  log.warn(
    `IN AZURE THE HOST HOLDS THIS BODY IN MEMORY before function "${target.name}" is called: ${bytes} bytes ${token}, twice as much as text${isJson ? ", and up to 30 times as much as it parses a JSON object" : "; up to 30 times as much if it is a JSON object, which it parses"}. FUNCTIONS_REQUEST_BODY_SIZE_LIMIT bounds it; chunked bodies are not held`,
    { functionName: target.name, invocationId },
  );
}

/** Warns that a request is refused here, because it would not reach the function in Azure. */
export function warnOfForwarding(log: HostLog, exchange: Exchange): void {
  const { request, target, invocationId } = exchange;
  const about = { functionName: target.name, invocationId };
  if (request.headers["x-ms-invocation-id"] !== undefined) {
    log.warn(
      `A client sends an x-ms-invocation-id of its own to function "${target.name}": the platform leaves it, and the invocation waits for its request in vain`,
      about,
    );
  }
  if (!isForwardable(exchange)) {
    log.warn(
      `A header of a request to function "${target.name}" has characters beyond ASCII: the platform does not forward it, and the invocation waits for its request in vain`,
      about,
    );
  }
}

/** The platform's forwarder writes headers in ASCII only. */
export function isForwardable({ request }: Exchange): boolean {
  return request.rawHeaders.every((text) => !/[^\0-\x7f]/.test(text));
}
