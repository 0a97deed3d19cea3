import {
  type ServiceBusAdministrationClient,
  ServiceBusClient,
  type ServiceBusReceivedMessage,
  type ServiceBusReceiver,
} from "@azure/service-bus";
import { onTestFinished } from "vitest";
import type { NamespaceConfig } from "../../src/broker/types.ts";
import { type ServiceBusServer, startServiceBus } from "../../src/server.ts";
import { aNamespaceConfig } from "../builders.ts";
import { adminClient } from "./admin-client.ts";

export interface Broker {
  readonly server: ServiceBusServer;
  readonly client: ServiceBusClient;
  readonly admin: ServiceBusAdministrationClient;
}

async function startServer(config: Partial<NamespaceConfig>): Promise<ServiceBusServer> {
  const server = await startServiceBus({ config: aNamespaceConfig(config) });
  onTestFinished(server.stop);
  return server;
}

/** Starts a broker and both clients of the SDK on one connection string, until the test ends. */
export async function startBroker(config: Partial<NamespaceConfig> = {}): Promise<Broker> {
  const server = await startServer(config);
  const client = new ServiceBusClient(server.connectionString);
  onTestFinished(() => client.close());
  return { server, client, admin: adminClient(server.connectionString) };
}

/** Starts a broker for the admin client alone, until the test ends. */
export async function startAdminEndpoint() {
  const { connectionString, namespace, port } = await startServer({});
  return { admin: adminClient(connectionString), namespace, host: `localhost:${port}` };
}

/**
 * Receives and completes `count` messages.
 *
 * Waits for exactly as many as the test expects; that no more follow is asked of the counts, which needs no waiting.
 */
export async function take(
  receiver: ServiceBusReceiver,
  count: number,
): Promise<ServiceBusReceivedMessage[]> {
  const taken: ServiceBusReceivedMessage[] = [];
  while (taken.length < count) {
    for (const message of await receiver.receiveMessages(count - taken.length)) {
      await receiver.completeMessage(message);
      taken.push(message);
    }
  }
  return taken;
}
