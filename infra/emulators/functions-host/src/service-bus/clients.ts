import type { TokenCredential } from "@azure/identity";
import type { ServiceBusClient } from "@azure/service-bus";
import type { HostJson } from "../host-json.ts";
import { type Settings, setting } from "../settings.ts";

export interface ServiceBusClients {
  /**
   * Returns the client of a binding's `connection`, one for all bindings of the same namespace.
   *
   * @throws Error when no setting of that name leads to a namespace
   */
  clientFor(connection: string | undefined): Promise<ServiceBusClient>;
  close(): Promise<void>;
}

export interface ConnectionPorts {
  readonly settings: Settings;
  readonly retry: HostJson["extensions"]["serviceBus"]["clientRetryOptions"];
  /** Default: DefaultAzureCredential with `<Connection>__clientId`. */
  readonly credential?: TokenCredential | undefined;
}

/** The platform's name for a binding without `connection`. */
const DEFAULT_CONNECTION = "ServiceBus";

type Target =
  | { readonly connectionString: string }
  | { readonly namespace: string; readonly clientId: string | undefined };

/** Opens Service Bus connections from settings. The library is loaded with the first one. */
export function serviceBusClients(ports: ConnectionPorts): ServiceBusClients {
  const opened = new Map<string, Promise<ServiceBusClient>>();
  return {
    clientFor(connection) {
      const target = resolveConnection(ports.settings, connection || DEFAULT_CONNECTION);
      const key = JSON.stringify(target);
      const client = opened.get(key) ?? open(ports, target);
      opened.set(key, client);
      return client;
    },
    async close() {
      const clients = await Promise.allSettled(opened.values());
      await Promise.allSettled(
        clients.map((each) => (each.status === "fulfilled" ? each.value.close() : undefined)),
      );
    },
  };
}

/**
 * Finds the namespace behind a connection name: setting `AzureWebJobs<Name>` or `<Name>` with a connection string, or
 * `<Name>__fullyQualifiedNamespace` for an identity.
 */
export function resolveConnection(settings: Settings, name: string): Target {
  for (const key of [`AzureWebJobs${name}`, name]) {
    const connectionString = setting(settings, key);
    if (connectionString !== undefined) {
      return { connectionString };
    }
    const namespace = setting(settings, `${key}__fullyQualifiedNamespace`);
    if (namespace !== undefined) {
      return { namespace, clientId: setting(settings, `${key}__clientId`) };
    }
  }
  throw new Error(
    `There is no Service Bus connection "${name}": set "${name}" or "${name}__fullyQualifiedNamespace"`,
  );
}

async function open({ retry, credential }: ConnectionPorts, target: Target) {
  const { RetryMode, ServiceBusClient: Client } = await import("@azure/service-bus");
  const options = {
    retryOptions: {
      mode: retry.mode === "fixed" ? RetryMode.Fixed : RetryMode.Exponential,
      maxRetries: retry.maxRetries,
      retryDelayInMs: retry.delay,
      maxRetryDelayInMs: retry.maxDelay,
      timeoutInMs: retry.tryTimeout,
    },
  };
  if ("connectionString" in target) {
    return new Client(target.connectionString, options);
  }
  return new Client(
    target.namespace,
    credential ?? (await defaultCredential(target.clientId)),
    options,
  );
}

async function defaultCredential(clientId: string | undefined): Promise<TokenCredential> {
  const { DefaultAzureCredential } = await import("@azure/identity");
  return new DefaultAzureCredential(
    clientId === undefined ? {} : { managedIdentityClientId: clientId },
  );
}
