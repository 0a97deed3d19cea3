import { app } from "@azure/functions";
import topology from "../../infra/topology.json" with { type: "json" };
import { fanOut } from "../domain/deliveries/fan-out.ts";
import { FileAvailableEvent } from "../domain/ledger/file-available.ts";
import type { Ports } from "../domain/ports.ts";

/** Hands each published file to its subscriptions, in order within a file type: the session is the file type. */
export function registerFanOut(ports: Ports): void {
  app.serviceBusTopic("fan-out", {
    connection: "ServiceBus",
    topicName: topology.topics.fileAvailable,
    subscriptionName: topology.subscriptions.fanOut,
    isSessionsEnabled: true,
    handler: async (message) => {
      await fanOut(ports, FileAvailableEvent.parse(message));
    },
  });
}
