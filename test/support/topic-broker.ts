import { readFileSync } from "node:fs";
import {
  ServiceBusAdministrationClient,
  ServiceBusClient,
  type ServiceBusReceivedMessage,
} from "@azure/service-bus";
import { type ServiceBusServer, startServiceBus } from "service-bus-emulator";
import { parseConfig } from "service-bus-emulator/config";
import { afterAll, beforeAll } from "vitest";
import type { PartnerTopic } from "../../src/domain/deliveries/topics/partner-topic.ts";
import type { Ports } from "../../src/domain/ports.ts";
import { serviceBusAnnouncements } from "../../src/stores/service-bus-announcements.ts";
import { plainHttp } from "../../src/stores/service-bus-namespace.ts";
import { serviceBusTopic } from "../../src/stores/service-bus-topic.ts";

/** Our broker with Microsoft's clients, and the app's stores on them. */
export interface TopicBroker {
  readonly server: ServiceBusServer;
  readonly client: ServiceBusClient;
  readonly admin: ServiceBusAdministrationClient;
  /** Creates a topic that drops duplicates, and opens it as the app does. */
  topic(name: string, options?: { maxSizeInMegabytes?: number; admin?: string }): Promise<Opened>;
  /** All messages of a subscription, taken from it. */
  taken(topic: string, subscription: string): Promise<ServiceBusReceivedMessage[]>;
}

interface Opened {
  readonly topic: PartnerTopic;
  readonly announcements: Ports["announcements"];
}

/** Starts a broker for the tests of one file, and ends it after them. */
export function useTopicBroker(): TopicBroker {
  const state: { server?: ServiceBusServer; client?: ServiceBusClient } = {};
  beforeAll(async () => {
    const config = parseConfig(readFileSync("infra/local/service-bus.json", "utf8"));
    state.server = await startServiceBus({ config });
    state.client = new ServiceBusClient(state.server.connectionString);
  });
  afterAll(async () => {
    await state.client?.close();
    await state.server?.stop();
  });
  const broker: TopicBroker = {
    get server() {
      return state.server ?? notStarted();
    },
    get client() {
      return state.client ?? notStarted();
    },
    get admin() {
      return adminOf(broker.server.connectionString);
    },
    topic: async (name, { maxSizeInMegabytes = 1_024, admin } = {}) => {
      await broker.admin.createTopic(name, {
        maxSizeInMegabytes,
        requiresDuplicateDetection: true,
        duplicateDetectionHistoryTimeWindow: "PT5M",
      });
      const access = ["sas"] as const;
      const connection = adminOf(admin ?? broker.server.connectionString);
      return {
        topic: serviceBusTopic(connection, { access, namespace: "-", topic: name, isLocal: true }),
        announcements: serviceBusAnnouncements(broker.client, name, 60_000),
      };
    },
    taken: async (topic, subscription) => {
      const receiveMode = "receiveAndDelete";
      const receiver = broker.client.createReceiver(topic, subscription, { receiveMode });
      const messages: ServiceBusReceivedMessage[] = [];
      for (;;) {
        const { totalMessageCount } = await broker.admin.getSubscriptionRuntimeProperties(
          topic,
          subscription,
        );
        if (totalMessageCount === 0) {
          await receiver.close();
          return messages;
        }
        const some = await receiver.receiveMessages(totalMessageCount, { maxWaitTimeInMs: 1_000 });
        messages.push(...some);
      }
    },
  };
  return broker;
}

function notStarted(): never {
  throw new Error("the broker is not started");
}

function adminOf(connectionString: string): ServiceBusAdministrationClient {
  const admin = new ServiceBusAdministrationClient(connectionString);
  admin.pipeline.addPolicy(plainHttp, { afterPhase: "Sign" });
  return admin;
}
