import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ServiceBusAdministrationClient } from "@azure/service-bus";
import { onTestFinished } from "vitest";
import {
  createNamespace,
  type Namespace,
} from "../../../../../infra/local/service-bus/broker/namespace.ts";
import type { NamespaceConfig } from "../../../../../infra/local/service-bus/broker/types.ts";
import { systemClock } from "../../../../../infra/local/service-bus/clock.ts";
import { atomHandler } from "../../../../../infra/local/service-bus/management/atom.ts";

/** The unmodified admin client, which always asks by https, sent to plain http. */
export function adminClient(connectionString: string): ServiceBusAdministrationClient {
  // One try: a refusal must reach the test at once.
  const admin = new ServiceBusAdministrationClient(connectionString, {
    retryOptions: { maxRetries: 0 },
  });
  admin.pipeline.addPolicy(
    {
      name: "plainHttp",
      sendRequest(request, next) {
        request.url = request.url.replace(/^https:/, "http:");
        request.allowInsecureConnection = true;
        return next(request);
      },
    },
    { afterPhase: "Sign" },
  );
  return admin;
}

export interface AdminEndpoint {
  readonly admin: ServiceBusAdministrationClient;
  readonly namespace: Namespace;
  /** `localhost:<port>` */
  readonly host: string;
}

/** Serves the admin API over a broker of its own until the test ends. */
export async function startAdminEndpoint(
  config: Partial<NamespaceConfig> = {},
): Promise<AdminEndpoint> {
  const namespace = createNamespace(
    { name: "sbemulatorns", queues: [], topics: [], ...config },
    systemClock,
  );
  const server = createServer(atomHandler(namespace));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(async () => {
    namespace.close();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
  const host = `localhost:${(server.address() as AddressInfo).port}`;
  const admin = adminClient(
    `Endpoint=sb://${host};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE`,
  );
  return { admin, namespace, host };
}

/** What an iterator of the SDK yields. */
export async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) {
    list.push(item);
  }
  return list;
}
