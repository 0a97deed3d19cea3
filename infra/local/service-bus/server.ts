import type { IncomingMessage, ServerResponse } from "node:http";
import type { Namespace } from "./broker/namespace.ts";
import type { NamespaceConfig } from "./broker/types.ts";
import type { Clock } from "./clock.ts";
import type { Faults } from "./faults.ts";

export interface ServiceBusServer {
  /** The one port that answers AMQP, AMQP over TLS, HTTP and HTTPS. */
  readonly port: number;
  /** As the official emulator's, with the port. */
  readonly connectionString: string;
  readonly faults: Faults;
  /** The engine: entities, for the admin endpoint and for tests to look inside. */
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
  /** Takes the HTTP requests other than `/health`, in place of the admin API. */
  readonly onRequest?: (request: IncomingMessage, response: ServerResponse) => void;
}

/**
 * Starts a Service Bus stand-in on 127.0.0.1, to which the unmodified Azure SDKs connect.
 *
 * @see https://learn.microsoft.com/azure/service-bus-messaging/overview-emulator
 */
export function startServiceBus(_options: ServiceBusOptions): Promise<ServiceBusServer> {
  return Promise.reject(new Error("Cannot start Service Bus: being built"));
}
