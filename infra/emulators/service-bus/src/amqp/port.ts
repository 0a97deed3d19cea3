import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

const HOST = "127.0.0.1";
const AMQP_FIRST_BYTE = 0x41;
const TLS_FIRST_BYTE = 0x16;

/** Handlers of a connection, chosen by the first byte that the client sends. */
export interface Doors {
  readonly amqp: (socket: Socket) => void;
  readonly http: (socket: Socket) => void;
  /** PEM texts; null refuses TLS. */
  readonly tls: { readonly key: string; readonly cert: string } | null;
  /** The set of open sockets; this function keeps it up to date. */
  readonly sockets: Set<Socket>;
}

/** Listens on one port for AMQP and HTTP, each with or without TLS. @throws Error when the port is taken */
export function listenForAll(port: number, doors: Doors): Promise<Server> {
  const plain = (socket: Socket) =>
    byFirstByte(socket, (first) => (first === AMQP_FIRST_BYTE ? doors.amqp : doors.http));
  const tls = doors.tls === null ? null : createTlsServer(doors.tls, plain);
  // A failed handshake concerns only the client, which sees it.
  tls?.on("tlsClientError", () => undefined);
  const server = createServer((socket) => {
    doors.sockets.add(socket);
    socket.once("close", () => doors.sockets.delete(socket));
    byFirstByte(socket, (first) => {
      if (first !== TLS_FIRST_BYTE) {
        return first === AMQP_FIRST_BYTE ? doors.amqp : doors.http;
      }
      return tls === null
        ? (refused) => refused.destroy()
        : (secret) => tls.emit("connection", secret);
    });
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, () => resolve(server));
  });
}

function byFirstByte(socket: Socket, choose: (first: number) => (socket: Socket) => void): void {
  // A client that leaves before or during its service must not cause a failure.
  socket.on("error", () => undefined);
  socket.once("readable", () => {
    const start: Buffer | null = socket.read();
    if (start === null) {
      return;
    }
    socket.unshift(start);
    choose(start[0] ?? 0)(socket);
  });
}
