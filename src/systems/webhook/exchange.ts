import { type LookupAddress, lookup as systemLookup } from "node:dns";
import http, { type ClientRequest, type IncomingMessage } from "node:http";
import https from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { type AddressPolicy, addressRefusal } from "./address-check.ts";
import { hostHeader, type WebhookUrl } from "./webhook-url.ts";

/** Only so much of an answer is read. Then its connection is closed, however much would follow. */
export const MAX_ANSWER_BYTES = 4_096;
const MAX_HEADER_BYTES = 16_384;

export interface ExchangeRequest {
  readonly url: WebhookUrl;
  readonly policy: AddressPolicy;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
  /** Ends the exchange in any phase: name look-up, connection, TLS, headers, body. */
  readonly signal: AbortSignal;
  /** Resolver of names. A test replaces the system's own. */
  readonly lookup?: LookupFunction | undefined;
}

export interface ExchangeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The first bytes of the body. */
  readonly body: Buffer;
  /** Why the body ended early, if that was not our choice. */
  readonly brokenOff: Error | null;
}

/** The connection was not made, because the address is not allowed. */
export class AddressRefusedError extends Error {
  override readonly name = "AddressRefusedError";
}

/**
 * Sends one request on a connection of its own and reads the beginning of the answer. The body is sent in one piece with
 * its length, because receivers read a chunked body as empty. Redirects are answers like others.
 *
 * The address is checked when the connection is made: each one that the name leads to, so a name that changes its
 * address gains nothing. Literal addresses are checked here, because no look-up happens for them. No connection is
 * kept, because a kept one would need no look-up either.
 *
 * @throws Error when no status arrives
 */
export async function exchange(input: ExchangeRequest): Promise<ExchangeAnswer> {
  const { url, policy, signal } = input;
  const refusal = isIP(url.host) === 0 ? null : addressRefusal(url.host, policy);
  if (refusal !== null) {
    throw new AddressRefusedError(refusal);
  }
  signal.throwIfAborted();
  const request = opened(input);
  // without this listener a late error would end the process
  request.on("error", () => undefined);
  const abort = () => request.destroy(abortError(signal));
  signal.addEventListener("abort", abort, { once: true });
  try {
    const answered = answerOf(request);
    request.end(input.body ?? undefined);
    const answer = await answered;
    const { body, error } = await beginningOf(answer);
    const brokenOff = error !== null && signal.aborted ? abortError(signal) : error;
    return { status: answer.statusCode ?? 0, headers: answer.headers, body, brokenOff };
  } finally {
    signal.removeEventListener("abort", abort);
    request.destroy();
  }
}

function opened({ url, policy, method, headers, body, lookup }: ExchangeRequest): ClientRequest {
  return (url.isEncrypted ? https : http).request({
    agent: false,
    method,
    host: url.host,
    port: url.port,
    path: url.target,
    headers: {
      ...headers,
      host: hostHeader(url),
      ...(body === null ? {} : { "content-length": String(body.byteLength) }),
    },
    lookup: checkedLookup(policy, lookup ?? systemLookup),
    maxHeaderSize: MAX_HEADER_BYTES,
  });
}

/** A look-up that fails when any of the addresses is not allowed. */
function checkedLookup(policy: AddressPolicy, lookup: LookupFunction): LookupFunction {
  return (host, options, done) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      const addresses = Array.isArray(found) ? found : [{ address: String(found), family: 0 }];
      const fault = error ?? faultOf(addresses, policy);
      const [first = { address: "", family: 0 }] = addresses;
      if (fault !== null) {
        done(fault, "");
      } else if (options.all === true) {
        done(null, addresses);
      } else {
        done(null, first.address, first.family);
      }
    });
  };
}

function faultOf(addresses: readonly LookupAddress[], policy: AddressPolicy): Error | null {
  const [refusal] = addresses.flatMap(({ address }) => addressRefusal(address, policy) ?? []);
  if (refusal !== undefined) {
    return new AddressRefusedError(refusal);
  }
  return addresses.length > 0 ? null : new Error("its host has no address");
}

function answerOf(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once("response", resolve);
    request.once("error", reject);
    // an answer that switches protocols has neither
    request.once("close", () => reject(new Error("the connection ended without an answer")));
  });
}

async function beginningOf(
  answer: IncomingMessage,
): Promise<{ body: Buffer; error: Error | null }> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let failure: Error | null = null;
  try {
    for await (const chunk of answer) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= MAX_ANSWER_BYTES) {
        break;
      }
    }
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
  }
  return { body: Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES), error: failure };
}

function abortError({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new Error("the attempt was ended");
}
