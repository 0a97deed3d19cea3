import type { System } from "../system.ts";
import { webhookConnection } from "./connection.ts";

/** Receivers of webhooks. Rows neither come from them nor go to them. */
export const webhook: System = {
  kind: "webhook",
  connection: webhookConnection,
  close: async () => undefined,
};
