import { createServer as createHttpServer, type RequestListener } from "node:http";
import type { AddressInfo, Server, Socket } from "node:net";
import { createAmqpAcceptor } from "./amqp/acceptor.ts";
import type { ClientConnection } from "./amqp/connection.ts";
import { listenForAll } from "./amqp/port.ts";
import { type AuthorizationOptions, createAuthorizer } from "./authorization/authorizer.ts";
import { EMULATOR_RULE } from "./authorization/rule.ts";
import { createNamespace, type Namespace } from "./broker/namespace.ts";
import type { AuthorizationRule, NamespaceConfig } from "./broker/types.ts";
import { type Clock, systemClock } from "./clock.ts";
import { createFaults, type Faults } from "./faults.ts";
import { atomHandler } from "./management/atom.ts";

/*
 * A stand-in for Azure Service Bus of the standard tier, in one process and in memory.
 *
 * Not as the service:
 *   authorization    texts have no tracking id; a connection without a token is cut without a word; a key that is
 *                    replaced, and a rule that is deleted, live on in the links and tokens of open connections
 *                    until those tokens expire; who manages the namespace's own rules is this process
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
  /** As the official emulator's, with the port, and the first rule of the namespace. */
  readonly connectionString: string;
  /** The same with another rule, of the namespace or of entities. */
  connectionStringWith(rule: Pick<AuthorizationRule, "name" | "primaryKey">): string;
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
  readonly authorization?: AuthorizationOptions;
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
  const authorizer = createAuthorizer(namespace, options.authorization ?? {});
  const connections = new Set<ClientConnection>();
  const faults = createFaults(namespace, connections);
  const http = createHttpServer(httpListener(atomHandler({ namespace, authorizer })));
  const sockets = new Set<Socket>();
  const doors = {
    amqp: createAmqpAcceptor({ namespace, authorizer, connections, log }),
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
  const connectionStringWith: ServiceBusServer["connectionStringWith"] = (rule) =>
    `Endpoint=sb://localhost:${port};SharedAccessKeyName=${rule.name};SharedAccessKey=${rule.primaryKey};UseDevelopmentEmulator=true;`;
  const connectionString = connectionStringWith(
    options.config.authorizationRules[0] ?? EMULATOR_RULE,
  );
  return { port, connectionString, connectionStringWith, faults, namespace, stop };
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
