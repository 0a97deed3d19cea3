import { once } from "node:events";
import { type IncomingMessage, request as openRequest } from "node:http";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import type { LocalStack } from "./local-stack.ts";

export interface Sent {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
  /** Whether the server asked for the body before it got it. */
  readonly continued: boolean;
}

/** Whole, with a Content-Length, or in chunks. */
export type Body = Buffer | AsyncIterable<Buffer>;

/** Sends a file as existing clients do: no Content-Type, no Accept, no User-Agent, and the body only when asked for. */
export async function sendFile(
  local: LocalStack,
  path: string,
  sent: { body: Body; headers?: Record<string, string> },
): Promise<Sent> {
  const { body, headers = {} } = sent;
  const outgoing = openRequest(new URL(path, local.stack.file.app), {
    method: "POST",
    headers: {
      Authorization: `Bearer ${await local.stack.token("partner-a")}`,
      "Accept-Encoding": "gzip, deflate",
      Expect: "100-continue",
      ...framing(body),
      ...headers,
    },
  });
  const state = { continued: false };
  outgoing.once("continue", () => {
    state.continued = true;
    const content = Buffer.isBuffer(body) ? Readable.from([body]) : body;
    // a server that answers early takes no more of the body
    pipeline(content, outgoing).catch(() => undefined);
  });
  outgoing.flushHeaders();
  const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
  const text = (await buffer(answer)).toString();
  return { status: answer.statusCode ?? 0, headers: answer.headers, text, ...state };
}

function framing(body: Body): Record<string, string> {
  return Buffer.isBuffer(body)
    ? { "Content-Length": String(body.length) }
    : { "Transfer-Encoding": "chunked" };
}

export async function* nothing(): AsyncGenerator<Buffer> {}

/** Chunks of 10,000 bytes, so many. */
export async function* chunks(count: number): AsyncGenerator<Buffer> {
  for (let index = 0; index < count; index++) {
    yield Buffer.alloc(10_000, String(index % 10));
  }
}
