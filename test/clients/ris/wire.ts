import { Agent, type IncomingMessage, request } from "node:http";
import { buffer } from "node:stream/consumers";

/** A request as it goes over the wire: nothing is added but `Host` and `Connection`. */
export interface WireRequest {
  readonly method: "GET" | "POST" | "PUT";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly bytes: Buffer;
  readonly text: string;
}

/** Sends requests one after the other over one connection, as the clients that we replay do. */
export interface Wire {
  send(request: WireRequest): Promise<WireAnswer>;
  close(): void;
}

/**
 * An HTTP client like that of .NET Framework. It asks before it sends a body (`Expect: 100-continue`), and takes packed
 * answers. It follows no redirect, keeps no cookie, and says nothing about itself.
 */
export function dotNetWire(): Wire {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    send: (wireRequest) => exchange(agent, wireRequest),
    close: () => agent.destroy(),
  };
}

async function exchange(agent: Agent, wireRequest: WireRequest): Promise<WireAnswer> {
  const { method, url, body } = wireRequest;
  const bytes = body === undefined ? null : Buffer.from(body);
  const headers = {
    "Accept-Encoding": "gzip, deflate",
    ...wireRequest.headers,
    ...(bytes === null ? {} : { "Content-Length": String(bytes.length), Expect: "100-continue" }),
  };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request(url, { method, agent, headers });
    outgoing.once("response", resolve);
    outgoing.once("error", reject);
    if (bytes === null) {
      outgoing.end();
      return;
    }
    const send = (): unknown => outgoing.writableEnded || outgoing.end(bytes);
    outgoing.once("continue", send);
    // .NET Framework goes ahead when it was not given leave for so long
    setTimeout(send, 350).unref();
    outgoing.flushHeaders();
  });
  const content = await buffer(answer);
  return {
    status: answer.statusCode ?? 0,
    headers: answer.headers,
    bytes: content,
    text: content.toString("utf8"),
  };
}
