import type { ServiceBusClient } from "@azure/service-bus";
import type { HostJson } from "../host-json.ts";
import { type Settings, setting } from "../settings.ts";

export interface ServiceBusClients {
  /**
   * The client of a binding's `connection`, with its connection string. All bindings of a namespace share one client.
   *
   * @throws Error when no setting of that name leads to a namespace
   */
  clientFor(connection: string | undefined): Promise<{ client: ServiceBusClient; text: string }>;
  close(): Promise<void>;
}

export interface ConnectionPorts {
  readonly settings: Settings;
  readonly retry: HostJson["extensions"]["serviceBus"]["clientRetryOptions"];
}

/** The platform's name for a binding without `connection`. */
const DEFAULT_CONNECTION = "ServiceBus";

/** Opens Service Bus connections from settings. The library is loaded with the first one. */
export function serviceBusClients(ports: ConnectionPorts): ServiceBusClients {
  const opened = new Map<string, Promise<ServiceBusClient>>();
  return {
    async clientFor(connection) {
      const text = connectionString(ports.settings, connection || DEFAULT_CONNECTION);
      const client = opened.get(text) ?? open(ports, text);
      opened.set(text, client);
      return { client: await client, text };
    },
    async close() {
      const clients = await Promise.allSettled(opened.values());
      await Promise.allSettled(
        clients.map((each) => (each.status === "fulfilled" ? each.value.close() : undefined)),
      );
    },
  };
}

/** Finds the connection string of a connection name: in setting `AzureWebJobs<Name>` or `<Name>`. */
export function connectionString(settings: Settings, name: string): string {
  const found = setting(settings, `AzureWebJobs${name}`) ?? setting(settings, name);
  if (found === undefined) {
    throw new Error(`There is no Service Bus connection "${name}": set "${name}"`);
  }
  return found;
}

async function open({ retry }: ConnectionPorts, text: string): Promise<ServiceBusClient> {
  const { RetryMode, ServiceBusClient: Client } = await import("@azure/service-bus");
  return new Client(text, {
    retryOptions: {
      mode: retry.mode === "fixed" ? RetryMode.Fixed : RetryMode.Exponential,
      maxRetries: retry.maxRetries,
      retryDelayInMs: retry.delay,
      maxRetryDelayInMs: retry.maxDelay,
      timeoutInMs: retry.tryTimeout,
    },
  });
}
