import { app } from "@azure/functions";
import topology from "../../infra/topology.json" with { type: "json" };
import { FileAvailableEvent } from "../contracts/file-available.ts";
import type { Ports } from "../domain/ports.ts";
import { fanOut } from "../domain/publishing/fan-out.ts";

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
