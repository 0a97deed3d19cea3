import { TableClient } from "@azure/data-tables";
import { DefaultAzureCredential } from "@azure/identity";
import { ServiceBusAdministrationClient, ServiceBusClient } from "@azure/service-bus";
import { BlobServiceClient } from "@azure/storage-blob";
import topology from "../infra/topology.json" with { type: "json" };
import type { Config } from "./config.ts";
import { problemsAlone } from "./domain/definitions/definition-problems.ts";
import type { Clock, Ports } from "./domain/ports.ts";
import { blobFiles } from "./stores/blob-files.ts";
import { joseTokens } from "./stores/jose-tokens.ts";
import { jsonLog } from "./stores/json-log.ts";
import { randomIds } from "./stores/random-ids.ts";
import { serviceBusAnnouncements } from "./stores/service-bus-announcements.ts";
import { serviceBusDeliveryHints } from "./stores/service-bus-delivery-hints.ts";
import { namespaceOf, plainHttp } from "./stores/service-bus-namespace.ts";
import { serviceBusRunQueue } from "./stores/service-bus-run-queue.ts";
import { serviceBusTickQueue } from "./stores/service-bus-tick-queue.ts";
import { serviceBusTopic } from "./stores/service-bus-topic.ts";
import { settingsConnections } from "./stores/settings-connections.ts";
import { tableConsents } from "./stores/table-consents.ts";
import { tableDefinitions } from "./stores/table-definitions.ts";
import { tableDeliveries } from "./stores/table-deliveries.ts";
import { tableExecutions } from "./stores/table-executions.ts";
import { tableLedger } from "./stores/table-ledger.ts";
import { tableOwnQueues } from "./stores/table-own-queues.ts";
import { tableRuns } from "./stores/table-runs.ts";
import { tableSubmissions } from "./stores/table-submissions.ts";
import { tableSubscriptionStates } from "./stores/table-subscription-states.ts";
import { tableTicks } from "./stores/table-ticks.ts";
import { tryTimeout } from "./stores/try-timeout.ts";
import { DEFINITION_SCHEMAS, openSource, openTarget } from "./systems/index.ts";
import { webhooks } from "./systems/webhook/open-webhook.ts";

/**
 * How long each service may take. A request waits for most of them, and its client waits for about a minute. So a
 * silent service must fail in time for an answer. Background work waits as long, and is repeated later.
 */
const PATIENCE = {
  /** One try of a table request; the SDK makes three. */
  tableTryMs: 5_000,
  tableRetries: 2,
  /** A request about a file. */
  fileCallMs: 10_000,
  /** Some megabytes of a file, up or down. */
  fileTransferMs: 60_000,
  /** A recorded run is answered within five seconds, whether it could be sent or not. */
  runSendMs: 3_000,
  announceMs: 20_000,
} as const;

/**
 * Builds all real adapters, once. Only this function knows which adapter implements which port.
 *
 * @param overrides ports that a test replaces
 * @throws Error that names the setting with an invalid connection string
 */
export function makePorts(config: Config, overrides: Partial<Ports> = {}): Ports {
  const clock: Clock = { now: () => new Date() };
  const credential = new DefaultAzureCredential(
    config.managedIdentityClientId === undefined
      ? {}
      : { managedIdentityClientId: config.managedIdentityClientId },
  );
  const table = (name: string): TableClient => tableClient(config.storage, name, credential);
  const bus = serviceBusClient(config.serviceBus, credential);
  const connections = settingsConnections(config.connections);
  // biome-ignore lint/suspicious/noConsole: the functions platform collects what the console is told
  const log = jsonLog((line) => console.log(line));
  return {
    clock,
    ids: randomIds,
    log,
    definitions: tableDefinitions(table(topology.tables.definitions), DEFINITION_SCHEMAS, {
      problemsOf: (kind, body) => problemsAlone(connections, kind, body),
      onUnreadable: (kind, { id, unreadable }) =>
        log("definition-unreadable", { kind, id, reason: unreadable }),
    }),
    subscriptions: tableSubscriptionStates(table(topology.tables.definitions)),
    connections,
    openSource: (definition) => openSource(definition, connections),
    openTarget: (definition) => openTarget(definition, connections),
    openWebhook: webhooks(connections, { origin: new URL(config.publicBaseUrl).host }),
    runs: tableRuns(table(topology.tables.runs)),
    executions: tableExecutions(table(topology.tables.runs)),
    runQueue: serviceBusRunQueue(bus, topology.queues, PATIENCE.runSendMs),
    files: blobFiles(blobClient(config.storage, credential), PATIENCE),
    ledger: tableLedger(table(topology.tables.ledger)),
    announcements: serviceBusAnnouncements(bus, topology.topics.fileAvailable, PATIENCE.announceMs),
    topic: serviceBusTopic(adminClient(config.serviceBus, credential), {
      access: config.topicAccess,
      topic: topology.topics.fileAvailable,
      ...namespaceOf(config.serviceBus),
    }),
    deliveries: tableDeliveries(table(topology.tables.messages)),
    ownQueues: tableOwnQueues(table(topology.tables.messages)),
    deliveryHints: serviceBusDeliveryHints(bus, topology.queues.deliveries, PATIENCE.runSendMs),
    consents: tableConsents(table(topology.tables.messages)),
    submissions: tableSubmissions(table(topology.tables.inbox)),
    tokens: joseTokens(config.tokens, clock),
    ticks: tableTicks(table(topology.tables.ticks)),
    tickQueue: serviceBusTickQueue(bus, topology.queues.ticks, PATIENCE.runSendMs),
    ...overrides,
  };
}

function tableClient(
  storage: Config["storage"],
  name: string,
  credential: DefaultAzureCredential,
): TableClient {
  const options = {
    additionalPolicies: [tryTimeout(PATIENCE.tableTryMs)],
    retryOptions: { maxRetries: PATIENCE.tableRetries },
  };
  return madeFrom("DataStorage", () =>
    "connectionString" in storage
      ? TableClient.fromConnectionString(storage.connectionString, name, {
          ...options,
          allowInsecureConnection: true,
        })
      : new TableClient(storage.tableServiceUri, name, credential, options),
  );
}

function blobClient(
  storage: Config["storage"],
  credential: DefaultAzureCredential,
): BlobServiceClient {
  return madeFrom("DataStorage", () =>
    "connectionString" in storage
      ? BlobServiceClient.fromConnectionString(storage.connectionString)
      : new BlobServiceClient(storage.blobServiceUri, credential),
  );
}

function serviceBusClient(
  serviceBus: Config["serviceBus"],
  credential: DefaultAzureCredential,
): ServiceBusClient {
  return madeFrom("ServiceBus", () =>
    "connectionString" in serviceBus
      ? new ServiceBusClient(serviceBus.connectionString)
      : new ServiceBusClient(serviceBus.namespace, credential),
  );
}

function adminClient(
  serviceBus: Config["serviceBus"],
  credential: DefaultAzureCredential,
): ServiceBusAdministrationClient {
  return madeFrom("ServiceBus", () => {
    if (!("connectionString" in serviceBus)) {
      return new ServiceBusAdministrationClient(serviceBus.namespace, credential);
    }
    const client = new ServiceBusAdministrationClient(serviceBus.connectionString);
    if (namespaceOf(serviceBus).isLocal) {
      client.pipeline.addPolicy(plainHttp, { afterPhase: "Sign" });
    }
    return client;
  });
}

/** The SDK's error is dropped, because it may repeat a part of the connection string. */
function madeFrom<Client>(setting: string, make: () => Client): Client {
  try {
    return make();
  } catch {
    throw new Error(
      `Cannot start: the app's settings are wrong\n  ${setting}: is not a connection string that its SDK can read`,
    );
  }
}
