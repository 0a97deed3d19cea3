import { createServer as createHttpServer, type RequestListener } from "node:http";
import type { AddressInfo, Server, Socket } from "node:net";
import { createAmqpAcceptor } from "./amqp/acceptor.ts";
import type { ClientConnection } from "./amqp/connection.ts";
import { listenForAll } from "./amqp/port.ts";
import { createNamespace, type Namespace } from "./broker/namespace.ts";
import type { NamespaceConfig } from "./broker/types.ts";
import { type Clock, systemClock } from "./clock.ts";
import { createFaults, type Faults } from "./faults.ts";
import { atomHandler } from "./management/atom.ts";

/*
 * A stand-in for Azure Service Bus of the standard tier, in one process and in memory.
 *
 * It differs from the service in these points:
 *   authorization    every token and every shared key is accepted everywhere, and never expires
 *   transactions     messages are sent and settled in them, within one entity and across entities; scheduling and
 *                    cancelling in them is refused with `amqp:not-implemented`
 *   durability       nothing survives the process
 *   not served       partitioning, AMQP over WebSocket, JMS, selectors as filters, non-exclusive sessions
 *   AutoDeleteOnIdle is kept and shown, but nothing is deleted
 *   MaxMessageSizeInKilobytes is kept and shown, but a message has at most 256 KB
 *   link stealing    within one connection only, not across connections of one container id
 *   short times      a Config.json may set locks and windows from a millisecond on, so that tests need not wait
 */

export interface ServiceBusServer {
  /** The one port that answers AMQP, AMQP over TLS, HTTP and HTTPS. */
  readonly port: number;
  /** The official emulator's connection string, with this port. */
  readonly connectionString: string;
  readonly faults: Faults;
  /** The engine with its entities, for the admin endpoint and for tests. */
  readonly namespace: Namespace;
  /** Ends all connections and frees the ports. */
  stop(): Promise<void>;
}

export interface ServiceBusOptions {
  readonly config: NamespaceConfig;
  /** 0 or absent: any free port. */
  readonly port?: number;
  readonly alsoListenOn?: readonly number[];
  readonly clock?: Clock;
  /** PEM texts; without them TLS is refused. */
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly log?: (line: string) => void;
}

/**
 * Starts a Service Bus stand-in on 127.0.0.1, to which the unmodified Azure SDKs connect.
 *
 * @throws Error when a port is taken
 * @see https://learn.microsoft.com/azure/service-bus-messaging/overview-emulator
 */
export async function startServiceBus(options: ServiceBusOptions): Promise<ServiceBusServer> {
  const log = options.log ?? (() => undefined);
  const namespace = createNamespace(options.config, options.clock ?? systemClock);
  const connections = new Set<ClientConnection>();
  const faults = createFaults(namespace, connections);
  const http = createHttpServer(httpListener(atomHandler(namespace)));
  const sockets = new Set<Socket>();
  const doors = {
    amqp: createAmqpAcceptor({ namespace, connections, log }),
    http: (socket: Socket) => http.emit("connection", socket),
    tls: options.tls ?? null,
    sockets,
  };
  const servers: Server[] = [];
  const stop = async () => {
    const closed = servers.map((server) => new Promise((done) => server.close(done)));
    for (const socket of sockets) {
      socket.destroy();
    }
    await Promise.all(closed);
    namespace.close();
  };
  try {
    for (const port of [options.port ?? 0, ...(options.alsoListenOn ?? [])]) {
      servers.push(await listenForAll(port, doors));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const [first] = servers.map((server) => server.address() as AddressInfo);
  const port = first?.port ?? 0;
  return { port, connectionString: connectionString(port), faults, namespace, stop };
}

function connectionString(port: number): string {
  return `Endpoint=sb://localhost:${port};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;`;
}

function httpListener(listen: RequestListener): RequestListener {
  return (request, response) => {
    if (request.url?.split("?")[0] === "/health") {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ status: "healthy", message: "Service is healthy." }));
    } else {
      listen(request, response);
    }
  };
}
