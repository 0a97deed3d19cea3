import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import type { Server } from "node:http";
import { Server as SecureServer } from "node:https";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Writable } from "node:stream";
import type { CertificateInFiles } from "./certificate.ts";
import { listenError } from "./listen.ts";

export interface AzuriteOptions {
  /** 0 or absent: any free port. */
  readonly blobPort?: number;
  /** 0 or absent: any free port. */
  readonly tablePort?: number;
  /** 0: any free port; absent: no queue service. */
  readonly queuePort?: number;
  /**
   * Kept between starts, for one Azurite at a time; created if it does not exist. Without it everything is in memory.
   * After `stop` all data is on the disk. A crash may lose the last five seconds.
   */
  readonly dataDirectory?: string;
  /** Base64. By default 64 random bytes, new at every start. */
  readonly accountKey?: string;
  /** With a certificate the services answer by https only. */
  readonly certificate?: CertificateInFiles;
  /** Called with one line for each request. */
  readonly log?: (line: string) => void;
}

export interface Azurite {
  readonly accountName: string;
  readonly accountKey: string;
  /** Its path is the account's name, as in `http://127.0.0.1:10000/devstoreaccount1`. */
  readonly blobEndpoint: string;
  readonly tableEndpoint: string;
  /** Null when the queue service was not requested. */
  readonly queueEndpoint: string | null;
  readonly connectionString: string;
  /** Cuts open connections, ends the servers and writes kept data. May be called twice. */
  stop(): Promise<void>;
}

const HOST = "127.0.0.1";
/** The account that every emulator has. The name is used only as the path of URLs. */
const ACCOUNT_NAME = "devstoreaccount1";
/** Long, so that a client's idle connection is not closed at the moment of its reuse. */
const KEEP_ALIVE_SECONDS = 120;
/** Limit of blobs without a data directory; a service reports when it is full. */
const MAX_MEMORY_BYTES = 1024 * 1024 * 1024;

/**
 * Starts Azurite's blob and table services (and, if requested, the queue service) inside this process, on 127.0.0.1,
 * without telemetry. Any number of them may run at once. They share nothing.
 *
 * The key belongs to this Azurite alone: it opens nothing elsewhere, and the emulator's published key does not open
 * this one.
 *
 * @throws Error with advice when a port is taken
 */
export async function startAzurite(options: AzuriteOptions = {}): Promise<Azurite> {
  const { dataDirectory } = options;
  if (dataDirectory !== undefined) await mkdir(dataDirectory, { recursive: true });
  const accountKey = options.accountKey ?? randomBytes(64).toString("base64");
  const start = (service: Service, port: number) =>
    startServer(serverOf(service, port, options), port, accountKey);

  const starts = [start("blob", options.blobPort ?? 0), start("table", options.tablePort ?? 0)];
  if (options.queuePort !== undefined) starts.push(start("queue", options.queuePort));
  const outcomes = await Promise.allSettled(starts);
  const running = outcomes.flatMap((outcome) =>
    outcome.status === "fulfilled" ? [outcome.value] : [],
  );
  let stopping: Promise<unknown> | undefined;
  const stop = async () => {
    stopping ??= Promise.all(running.map(stopServer));
    await stopping;
  };
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }

  const [blobEndpoint = "", tableEndpoint = "", queueEndpoint = null] = running.map(endpointOf);
  const account = { accountName: ACCOUNT_NAME, accountKey };
  const endpoints = { blobEndpoint, tableEndpoint, queueEndpoint };
  return {
    ...account,
    ...endpoints,
    connectionString: storageConnectionString({ ...account, ...endpoints }),
    stop,
  };
}

/** Writes a connection string, e.g. with the address of a proxy instead of an endpoint. */
export function storageConnectionString(
  account: Omit<Azurite, "connectionString" | "stop">,
): string {
  return [
    `DefaultEndpointsProtocol=${account.blobEndpoint.split(":")[0]}`,
    `AccountName=${account.accountName}`,
    `AccountKey=${account.accountKey}`,
    `BlobEndpoint=${account.blobEndpoint}`,
    `TableEndpoint=${account.tableEndpoint}`,
    ...(account.queueEndpoint === null ? [] : [`QueueEndpoint=${account.queueEndpoint}`]),
  ].join(";");
}

async function startServer(
  server: AzuriteServer,
  port: number,
  accountKey: string,
): Promise<AzuriteServer> {
  const account = { name: ACCOUNT_NAME, key1: Buffer.from(accountKey, "base64") };
  // Azurite reads accounts only from the environment of the whole process; all of its authenticators use this function.
  server.accountDataStore.getAccount = (name) => (name === ACCOUNT_NAME ? account : undefined);
  try {
    await server.start();
    return server;
  } catch (error) {
    // A server that could not listen has opened its stores, and refuses to be closed.
    await server.afterClose();
    throw listenError(error as Error, port);
  }
}

async function stopServer(server: AzuriteServer): Promise<void> {
  server.httpServer.closeAllConnections();
  const closed = new Promise((resolve) => server.httpServer.once("close", resolve));
  await server.close();
  await closed;
}

function endpointOf({ httpServer }: AzuriteServer): string {
  const { port } = httpServer.address() as AddressInfo;
  const protocol = httpServer instanceof SecureServer ? "https" : "http";
  return `${protocol}://${HOST}:${port}/${ACCOUNT_NAME}`;
}

type Service = "blob" | "table" | "queue";

/** The used parts of Azurite's servers. The package has neither types nor an entry point for programs. */
interface AzuriteServer {
  readonly httpServer: Server | SecureServer;
  readonly accountDataStore: {
    getAccount(name: string): { name: string; key1: Buffer } | undefined;
  };
  start(): Promise<void>;
  close(): Promise<void>;
  afterClose(): Promise<void>;
}

/** A CommonJS module with one class. */
interface ModuleOf<T> {
  readonly default: new (...values: unknown[]) => T;
}

interface ServiceModules {
  readonly server: ModuleOf<AzuriteServer>;
  readonly configuration: ModuleOf<object>;
}

const require = createRequire(import.meta.url);

/** Loading takes 0.4 s, so it is done at the first start. */
const MODULES: Readonly<Record<Service, () => ServiceModules>> = {
  blob: () => ({
    server: require("azurite/dist/src/blob/BlobServer.js"),
    configuration: require("azurite/dist/src/blob/BlobConfiguration.js"),
  }),
  table: () => ({
    server: require("azurite/dist/src/table/TableServer.js"),
    configuration: require("azurite/dist/src/table/TableConfiguration.js"),
  }),
  queue: () => ({
    server: require("azurite/dist/src/queue/QueueServer.js"),
    configuration: require("azurite/dist/src/queue/QueueConfiguration.js"),
  }),
};

function serverOf(service: Service, port: number, options: AzuriteOptions): AzuriteServer {
  const { server: Server, configuration: Configuration } = MODULES[service]();
  const {
    MemoryExtentChunkStore,
  } = require("azurite/dist/src/common/persistence/MemoryExtentStore.js");
  // Properties instead of the constructor's twenty positions, whose order differs between the services.
  const configuration = Object.assign(new Configuration.default(), {
    host: HOST,
    port,
    keepAliveTimeout: KEEP_ALIVE_SECONDS,
    enableAccessLog: options.log !== undefined,
    accessLogWriteStream: options.log && linesTo(options.log),
    enableDebugLog: false,
    loose: false,
    // The SDKs are always slightly ahead of Azurite's list of versions.
    skipApiVersionCheck: true,
    isMemoryPersistence: options.dataDirectory === undefined,
    // Our own store: Azurite's is shared by the whole process and keeps data of stopped servers.
    memoryStore: new MemoryExtentChunkStore(MAX_MEMORY_BYTES),
    // paths of PEM files; empty means http
    cert: options.certificate?.certFile ?? "",
    key: options.certificate?.keyFile ?? "",
    ...filesIn(options.dataDirectory ?? "", service),
  });
  return new Server.default(configuration);
}

function filesIn(directory: string, service: Service): object {
  return {
    metadataDBPath: join(directory, `${service}.json`),
    extentDBPath: join(directory, `${service}-extents.json`),
    persistencePathArray: [
      { locationId: "Default", locationPath: join(directory, service), maxConcurrency: 50 },
    ],
  };
}

function linesTo(log: (line: string) => void): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      log(String(chunk).trimEnd());
      done();
    },
  });
}
