import { type ClientRequest, type IncomingMessage, request as openRequest } from "node:http";
import { buffer } from "node:stream/consumers";
import type { ClientName } from "../../infra/local/token-issuer-clients.ts";
import type { LocalStack } from "./local-stack.ts";

export interface HttpRequest {
  readonly method?: string;
  /** With the query; or an absolute address at the app. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly bytes: Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever JSON it expects
  json(): any;
}

/** Sends a request as node:http does, with no headers but those that the test names. */
export async function send(
  local: LocalStack,
  client: ClientName,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const response = await (await begin(local, client, request)).answer;
  const bytes = await buffer(response);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    bytes,
    json: () => JSON.parse(bytes.toString("utf8")),
  };
}

/** Sends a request; its answer is there when the head has come, and its body is the test's to read. */
export async function begin(
  local: LocalStack,
  client: ClientName,
  { method = "GET", path, headers = {}, body }: HttpRequest,
): Promise<{ request: ClientRequest; answer: Promise<IncomingMessage> }> {
  const text = body === undefined ? null : JSON.stringify(body);
  const request = openRequest(new URL(path, local.stack.file.app), {
    method,
    agent: false,
    headers: {
      authorization: `Bearer ${await local.stack.token(client)}`,
      ...(text === null ? {} : { "content-length": String(Buffer.byteLength(text)) }),
      ...headers,
    },
  });
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    request.once("response", resolve);
    request.once("error", reject);
  });
  // a test that destroys its request does not look at the answer
  answer.catch(() => undefined);
  request.end(text ?? undefined);
  return { request, answer };
}
