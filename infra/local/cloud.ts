import { join } from "node:path";
import type { ServiceBusServer } from "service-bus-emulator";
import { type Azurite, startAzurite } from "./azurite.ts";
import { type LocalBroker, SERVICE_BUS_API, startBroker } from "./broker.ts";
import { type Certificate, makeCertificate } from "./certificate.ts";
import { provisionStorage } from "./provision.ts";
import { type Shop, startShop } from "./shop/shop.ts";
import type { StackOptions } from "./stack.ts";
import { startTokenIssuer, type TokenIssuer } from "./token-issuer.ts";
import {
  API_CLIENT_ID,
  type ClientName,
  keptClients,
  makeClients,
  TENANT_ID,
} from "./token-issuer-clients.ts";

/** Everything but the app. */
export interface Cloud {
  /** Connection strings, of our own services or of services that already ran. */
  readonly storage: string;
  /** With all rights. */
  readonly serviceBus: string;
  /** With the rights that the app has in Azure. */
  readonly serviceBusOfApp: string;
  /** PEM text; null when another broker is used. */
  readonly certificate: string | null;
  readonly issuer: TokenIssuer<ClientName>;
  /** The API for which tokens are issued: its ID URI, which is its address, and its client id. */
  readonly audience: string;
  readonly apiClientId: string;
  readonly shop: Shop | null;
  /** Our own services, for tests to inspect and to break; null when another service is used. */
  readonly azurite: Azurite | null;
  readonly broker: ServiceBusServer | null;
  stop(): Promise<void>;
}

/**
 * Starts storage, broker, token issuer and shop side by side.
 *
 * @param audience the app's address
 */
export async function startCloud(options: StackOptions, audience: string): Promise<Cloud> {
  const parts = {
    azurite: options.storage === undefined ? startStorage(options) : null,
    certificate: options.certificate ?? makeCertificate(),
    issuer: startIssuer(options, { uri: audience, clientId: API_CLIENT_ID }),
    shop: options.shop ? startShop(directoryFor(options, "postgres")) : null,
  };
  const broker = options.serviceBus === undefined ? startBrokerFor(options, parts) : null;
  const server = broker?.then((local) => local.server) ?? null;
  const named = [
    ["storage", parts.azurite],
    ["token issuer", parts.issuer],
    ["shop database", parts.shop?.then((shop) => shop.ready)],
    ["Service Bus broker", server],
  ] as const;
  for (const [name, part] of named) {
    // each is awaited below; until then its failure must not count as unhandled
    part?.then(() => options.onPart?.(name)).catch(() => undefined);
  }
  const running = [parts.azurite, parts.issuer, parts.shop, server];
  const stop = async (): Promise<void> => {
    for (const part of await Promise.allSettled(running)) {
      if (part.status === "fulfilled") {
        await part.value?.stop();
      }
    }
  };
  try {
    const azurite = await parts.azurite;
    const storage = options.storage ?? azurite?.connectionString ?? "";
    await provisionStorage(storage).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : error;
      throw new Error(`Cannot use the storage account: ${reason}`, { cause: error });
    });
    const local = await broker;
    return {
      storage,
      serviceBus: local?.server.connectionString ?? options.serviceBus ?? "",
      serviceBusOfApp: local?.app ?? options.serviceBus ?? "",
      certificate: local === null ? null : (await parts.certificate).cert,
      issuer: await parts.issuer,
      audience,
      apiClientId: API_CLIENT_ID,
      shop: await parts.shop,
      azurite,
      broker: local?.server ?? null,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startBrokerFor(
  { ports }: StackOptions,
  parts: {
    readonly certificate: Certificate | Promise<Certificate>;
    readonly issuer: Promise<TokenIssuer<ClientName>>;
  },
): Promise<LocalBroker> {
  return startBroker(ports, await parts.certificate, await parts.issuer);
}

async function startIssuer(
  { ports, dataDirectory, certificate }: StackOptions,
  audience: { uri: string; clientId: string },
): Promise<TokenIssuer<ClientName>> {
  const clients = dataDirectory === undefined ? makeClients() : await keptClients(dataDirectory);
  return startTokenIssuer({
    ...{ port: ports.tokens, tenantId: TENANT_ID, audiences: [audience, SERVICE_BUS_API], clients },
    ...(certificate === undefined ? {} : { certificate }),
  });
}

function startStorage(options: StackOptions): Promise<Azurite> {
  const { blob, table } = options.ports;
  return startAzurite({
    ...{ blobPort: blob, tablePort: table },
    ...(options.certificate === undefined ? {} : { certificate: options.certificate }),
    ...directoryFor(options, "storage"),
  });
}

function directoryFor(options: StackOptions, part: string): { dataDirectory?: string } {
  return options.dataDirectory === undefined
    ? {}
    : { dataDirectory: join(options.dataDirectory, part) };
}
