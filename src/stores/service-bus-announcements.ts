import type { ServiceBusClient } from "@azure/service-bus";
import type { Announcements } from "../domain/ports.ts";
import { within } from "./within.ts";

/**
 * Announcements on a topic. Its duplicate detection must be on, because announcements are repeated.
 *
 * @param sendMs time limit for sending an announcement
 */
export function serviceBusAnnouncements(
  client: ServiceBusClient,
  topic: string,
  sendMs: number,
): Announcements {
  const sender = client.createSender(topic);
  return {
    send: async (message) => {
      const { applicationProperties } = message;
      await within({ ms: sendMs, what: "announce a file" }, () =>
        sender.sendMessages({ ...message, applicationProperties: { ...applicationProperties } }),
      );
    },
  };
}
