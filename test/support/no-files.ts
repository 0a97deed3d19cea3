import type { PartnerTopic } from "../../src/domain/deliveries/topics/partner-topic.ts";
import type { Ports } from "../../src/domain/ports.ts";

/** A deployment that does not manage the topic. */
export const NO_TOPIC = { access: [] } as unknown as PartnerTopic;
export const NO_ANNOUNCEMENTS: Ports["announcements"] = { send: async () => undefined };

/** Ports for saving a subscription where no file was ever published. */
export const NO_FILES: Pick<Ports, "ledger" | "subscriptions" | "topic"> = {
  ledger: { fileTypes: async () => [], lastNumber: async () => 0 } as never,
  subscriptions: { starts: async () => ({}), owedStarts: async () => [] } as never,
  topic: NO_TOPIC,
};
