import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Certificate } from "../../infra/local/certificate.ts";

/** A request as it came over the wire. */
export interface Received {
  readonly method: string;
  /** Path and query, byte for byte. */
  readonly target: string;
  /** By lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Writes an answer to the socket, or does worse. */
export type Answerer = (socket: Socket, request: Received) => void | Promise<void>;

export interface Receiver {
  readonly port: number;
  /** `http://localhost:<port>`, or https. */
  readonly base: string;
  readonly received: readonly Received[];
  /** From now on it answers so. */
  answer(answerer: Answerer): void;
  close(): void;
}

/** A receiver of webhooks that shows the raw request, and that refuses what many real ones cannot read: a chunked body. */
export async function webhookReceiver(
  first: Answerer,
  certificate?: Certificate,
): Promise<Receiver> {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  const state = { answerer: first };
  const accept = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    readRequest(socket, (request) => {
      received.push(request);
      if ("transfer-encoding" in request.headers) {
        void answer(411)(socket, request);
      } else {
        void state.answerer(socket, request);
      }
    });
  };
  const server: Server =
    certificate === undefined ? createServer(accept) : createTlsServer(certificate, accept);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    base: `${certificate === undefined ? "http" : "https"}://localhost:${port}`,
    received,
    answer: (answerer) => {
      state.answerer = answerer;
    },
    close: () => {
      server.close();
      for (const socket of sockets) {
        socket.destroy();
      }
    },
  };
}

/** An answer of a well-behaved server. */
export function answer(
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body = "",
): Answerer {
  const lines = Object.entries({ "content-length": String(Buffer.byteLength(body)), ...headers });
  return (socket) => {
    socket.write(
      `HTTP/1.1 ${status} Any\r\n${lines.map(([a, b]) => `${a}: ${b}\r\n`).join("")}\r\n`,
    );
    socket.end(body);
  };
}

function readRequest(socket: Socket, done: (request: Received) => void): void {
  let bytes = Buffer.alloc(0);
  const take = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    const end = bytes.indexOf("\r\n\r\n");
    if (end === -1) {
      return;
    }
    const [first = "", ...lines] = bytes.subarray(0, end).toString("latin1").split("\r\n");
    const [method = "", target = ""] = first.split(" ");
    const headers = Object.fromEntries(
      lines.map((line) => {
        const at = line.indexOf(":");
        return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
      }),
    );
    const body = bytes.subarray(end + 4);
    if (body.length >= Number(headers["content-length"] ?? 0)) {
      socket.off("data", take);
      done({ method, target, headers, body });
    }
  };
  socket.on("data", take);
}
