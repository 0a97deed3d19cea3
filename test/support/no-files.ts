import type { Ports } from "../../src/domain/ports.ts";

/** Ports for saving a subscription where no file was ever published. */
export const NO_FILES: Pick<Ports, "ledger" | "subscriptions"> = {
  ledger: { fileTypes: async () => [], lastNumber: async () => 0 } as never,
  subscriptions: { starts: async () => ({}), owedStarts: async () => [] } as never,
};
