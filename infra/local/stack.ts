import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BUNDLE, bundle } from "../bundle.ts";
import topology from "../topology.json" with { type: "json" };
import { type AppProcess, startApp } from "./app-process.ts";
import { type Azurite, startAzurite } from "./azurite.ts";
import { DEMO_ACTIVITY_ID, putDemoDefinitions } from "./demo.ts";
import { makeCertificate } from "./make-certificate.ts";
import { type PostgresServer, startPostgres } from "./postgres.ts";
import { provisionStorage } from "./provision.ts";
import { parseConfig } from "./service-bus/config.ts";
import { type ServiceBusServer, startServiceBus } from "./service-bus/server.ts";
import { type ShopChanges, startShopChanges } from "./shop/changes.ts";
import { createShop } from "./shop/schema.ts";
import { startTokenIssuer, type TokenIssuer } from "./token-issuer.ts";
import { type Client, makeClients } from "./token-issuer-clients.ts";

/** Ports that people know from the real tools. */
export const USUAL_PORTS = { app: 7071, blob: 10_000, table: 10_002, amqp: 5672, management: 5300 };
export const ANY_PORTS: typeof USUAL_PORTS = { app: 0, blob: 0, table: 0, amqp: 0, management: 0 };

export interface StackOptions {
  readonly ports: typeof USUAL_PORTS;
  /** Keeps files, tables and the shop between starts; absent: everything is in memory. */
  readonly dataDirectory?: string;
  /** Uses the storage account that already runs there. */
  readonly storage?: string;
  /** Uses the Service Bus namespace that already runs there; it must have the entities of service-bus.json. */
  readonly serviceBus?: string;
  /** Whether the shop runs and the demo's definitions are put in. */
  readonly demo: boolean;
  /** NCRONTAB of the app's tick. */
  readonly tick?: string;
  /** More settings of the app. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Takes each line that the app or its host writes. */
  readonly onLine: (line: string) => void;
}

export type ClientName = "operator" | "partner-a" | "partner-b" | "stranger";

/** What a client that knows nothing of our code needs to talk to the stack. */
export interface StackFile {
  readonly app: string;
  readonly storage: { readonly connectionString: string };
  readonly serviceBus: { readonly connectionString: string };
  readonly tokenEndpoint: { readonly v1: string; readonly v2: string };
  readonly clients: Readonly<Record<ClientName, Pick<Client, "id" | "secret">>>;
  /** `resource` of a v1 token request; `<audience>/.default` is the `scope` of a v2 one. */
  readonly audience: string;
  readonly postgres: string;
  readonly demo: {
    readonly activityId: string;
    readonly fileType: string;
    readonly topic: string;
    readonly subscription: string;
  };
}

export interface Stack {
  readonly file: StackFile;
  /** The app as it runs now; another one after a restart. */
  app(): AppProcess;
  /** Starts the app again after it was stopped or killed, at the same address. */
  restartApp(): Promise<void>;
  readonly azurite: Azurite | null;
  readonly serviceBus: ServiceBusServer | null;
  readonly issuer: TokenIssuer<ClientName>;
  /** A bearer token of one of the clients. */
  token(client: ClientName): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts the whole cloud on this machine, and the app in a process of its own.
 *
 * @throws Error that says what to do when a port is taken; what had started is stopped then
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const started: { stop(): Promise<void> }[] = [];
  const keep = async <Part extends { stop(): Promise<void> }>(part: Promise<Part>): Promise<Part> => {
    const ready = await part;
    started.push(ready);
    return ready;
  };
  const stop = async (): Promise<void> => {
    for (const part of started.splice(0).reverse()) {
      await part.stop();
    }
  };
  try {
    return await assemble(options, keep, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

type Keep = <Part extends { stop(): Promise<void> }>(part: Promise<Part>) => Promise<Part>;
