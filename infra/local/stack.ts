import { randomBytes } from "node:crypto";
import process from "node:process";
import { DEFAULT_BODY_SIZE_LIMIT, readConfig } from "../../src/config.ts";
import { LOCAL_PACKAGE, makePackage } from "../package.ts";
import { type AppProcess, startApp } from "./app-process.ts";
import { type CertificateInFiles, trustCertificate } from "./certificate.ts";
import { type Cloud, startCloud } from "./cloud.ts";
import { DEMO, putDemoDefinitions } from "./demo.ts";
import { requireReadable } from "./given-services.ts";
import { freePort } from "./listen.ts";
import { requestToken, type StackFile } from "./stack-file.ts";
import type { ClientName } from "./token-issuer-clients.ts";

/** The ports of the real tools; 0 is any free port. */
export interface StackPorts {
  readonly app: number;
  readonly tokens: number;
  readonly blob: number;
  readonly table: number;
  readonly amqp: number;
  readonly management: number;
}
export const USUAL_PORTS: StackPorts = {
  app: 7071,
  tokens: 7072,
  blob: 10_000,
  table: 10_002,
  amqp: 5672,
  management: 5300,
};
export const ANY_PORTS: StackPorts = {
  app: 0,
  tokens: 0,
  blob: 0,
  table: 0,
  amqp: 0,
  management: 0,
};

/** Port at which the demo's partner A may receive webhooks. */
const WEBHOOK_PORT = 7073;

export interface StackOptions {
  readonly ports: StackPorts;
  /** Keeps files, tables and the shop between starts; absent: everything is in memory. */
  readonly dataDirectory?: string;
  /** Connection string of a storage account that already runs, instead of ours. */
  readonly storage?: string;
  /** Connection string of a Service Bus namespace that already runs and has the entities of service-bus.json. */
  readonly serviceBus?: string;
  /** With a certificate everything that is started answers by https, and this process trusts it. */
  readonly certificate?: CertificateInFiles;
  /** Whether the app's package is as the sources are; by default it is made anew. */
  readonly appIsMade?: boolean;
  /** Whether there is a database with the shop. Its owner's connection is `shop-owner`, the exports' is `shop`. */
  readonly shop: boolean;
  /** Whether the shop's rows keep changing and the demo's definitions are saved; needs the shop. */
  readonly demo: boolean;
  /** Times of the tick, as NCRONTAB; every second by default. */
  readonly tick?: string;
  /** Further settings of the app, e.g. connections to services of the cloud. */
  readonly settings?: (cloud: Cloud) => Readonly<Record<string, string>>;
  /** Called with the name of each part that runs now. */
  readonly onPart?: (part: string) => void;
  /** Called with each line that the app or its host writes. */
  readonly onLine: (line: string) => void;
}

export interface Stack {
  readonly file: StackFile;
  readonly cloud: Cloud;
  /** The running app; another one after a restart. */
  app(): AppProcess;
  /** Kills the app and starts it again at the same address. Storage and broker continue. */
  restartApp(): Promise<void>;
  /** A bearer token of one of the clients. */
  token(client: ClientName): Promise<string>;
  /** Ends everything that was started, first the app. */
  stop(): Promise<void>;
}

/**
 * Starts the cloud on this machine, and the app in its own process.
 *
 * @throws Error with advice when a port is taken or an option is wrong; the parts that had started are stopped
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const port = options.ports.app || (await freePort());
  requireReadable(options);
  const { certificate } = options;
  if (certificate !== undefined) {
    trustCertificate(certificate.cert);
  }
  const audience = `${certificate === undefined ? "http" : "https"}://127.0.0.1:${port}`;
  const [cloud] = await Promise.all([
    startCloud(options, audience),
    options.appIsMade ? null : makePackage(LOCAL_PACKAGE),
  ]);
  try {
    return await startOnCloud(cloud, options, port);
  } catch (error) {
    await cloud.stop();
    throw error;
  }
}

async function startOnCloud(cloud: Cloud, options: StackOptions, port: number): Promise<Stack> {
  const webhook = await demoWebhook(options);
  const settings = { ...appSettings(cloud, options, webhook), ...options.settings?.(cloud) };
  requireGoodSettings(settings);
  const start = (): Promise<AppProcess> =>
    startApp({
      ...{ directory: LOCAL_PACKAGE, port, settings, onLine: options.onLine },
      ...(options.certificate === undefined ? {} : { certificate: options.certificate }),
    });
  let app = await start();
  options.onPart?.("app");
  const file = stackFile(cloud, webhook, options.certificate?.certFile ?? null);
  const token = (client: ClientName): Promise<string> => requestToken(file, client);
  try {
    await cloud.shop?.ready;
    if (options.demo) {
      await putDemoDefinitions(file, await token("operator"), cloud.broker !== null);
      cloud.shop?.beginChanges();
    }
  } catch (error) {
    await app.stop();
    throw error;
  }
  return {
    file,
    cloud,
    token,
    app: () => app,
    restartApp: async () => {
      await app.kill();
      app = await start();
    },
    stop: async () => {
      await app.stop();
      await cloud.stop();
    },
  };
}

/**
 * An app with wrong settings would start, and answer 503 everywhere. On one machine it is better to fail at once.
 *
 * @throws Error that names each wrong setting
 */
function requireGoodSettings(settings: Readonly<Record<string, string>>): void {
  // biome-ignore lint/style/noProcessEnv: the app is given the machine's own settings besides ours
  readConfig({ ...process.env, ...settings });
}

/** Where partner A may be called, if it listens there, and the secret that signs; another one at each start. */
async function demoWebhook({ ports }: StackOptions): Promise<StackFile["demo"]["webhook"]> {
  const secret = `whsec_${randomBytes(32).toString("base64")}`;
  return { port: ports.app === 0 ? await freePort() : WEBHOOK_PORT, secret };
}

function appSettings(
  cloud: Cloud,
  options: StackOptions,
  webhook: StackFile["demo"]["webhook"],
): Record<string, string> {
  const { issuer, audience } = cloud;
  return {
    AzureWebJobsStorage: cloud.storage,
    FUNCTIONS_WORKER_RUNTIME: "node",
    AzureWebJobsDisableHomepage: "true",
    FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: String(DEFAULT_BODY_SIZE_LIMIT),
    DataStorage: cloud.storage,
    ServiceBus: cloud.serviceBusOfApp,
    PUBLIC_BASE_URL: audience,
    TENANT_ID: issuer.tenantId,
    TOKEN_AUDIENCES: `${audience},${cloud.apiClientId}`,
    TOKEN_ISSUERS: Object.values(issuer.issuers).join(","),
    TOKEN_JWKS_URI: `${issuer.authority}/${issuer.tenantId}/discovery/v2.0/keys`,
    TOPIC_ACCESS: "entra,sas",
    TICK_SCHEDULE: options.tick ?? "* * * * * *",
    CONNECTION_PARTNER_A_HOOK: JSON.stringify({
      kind: "webhook",
      url: `http://127.0.0.1:${webhook.port}/files`,
      secrets: [webhook.secret],
      allowPrivate: true,
    }),
    ...(cloud.shop === null
      ? {}
      : {
          CONNECTION_SHOP: cloud.shop.readerConnectionString,
          CONNECTION_SHOP_OWNER: cloud.shop.connectionString,
        }),
  };
}

function stackFile(
  cloud: Cloud,
  webhook: StackFile["demo"]["webhook"],
  certificateFile: string | null,
): StackFile {
  const { issuer, audience } = cloud;
  const tenant = `${issuer.authority}/${issuer.tenantId}`;
  return {
    app: audience,
    certificateFile,
    storage: { connectionString: cloud.storage },
    serviceBus: { connectionString: cloud.serviceBus, certificate: cloud.certificate },
    tokenEndpoint: { v1: `${tenant}/oauth2/token`, v2: `${tenant}/oauth2/v2.0/token` },
    audience,
    clients: issuer.clients,
    postgres: cloud.shop?.connectionString ?? null,
    demo: { ...DEMO, webhook },
  };
}
