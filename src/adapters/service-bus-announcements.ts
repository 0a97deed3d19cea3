import type { ServiceBusClient } from "@azure/service-bus";
import type { Announcements } from "../domain/ports.ts";

/** Announcements on a topic. Its duplicate detection must be on: a repeated announcement is normal. */
export function serviceBusAnnouncements(client: ServiceBusClient, topic: string): Announcements {
  const sender = client.createSender(topic);
  return {
    send: async (message) => {
      await sender.sendMessages({
        ...message,
        applicationProperties: { ...message.applicationProperties },
      });
    },
  };
}
