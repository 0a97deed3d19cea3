import { ViaWebhook } from "../../../../src/domain/deliveries/ways/webhook.ts";
import type {
  WebhookAttempt,
  WebhookPorts,
} from "../../../../src/domain/deliveries/webhook/attempt-webhook.ts";
import { attemptWebhook } from "../../../../src/domain/deliveries/webhook/attempt-webhook.ts";
import type { Consent } from "../../../../src/domain/deliveries/webhook/consent.ts";
import type { Connections } from "../../../../src/domain/source.ts";
import { randomIds } from "../../../../src/stores/random-ids.ts";
import { webhooks } from "../../../../src/systems/webhook/open-webhook.ts";
import { manualClock } from "../../../support/manual-clock.ts";
import { memoryFiles } from "../../../support/memory-files.ts";
import { webhookConnections } from "../../../support/webhook-connection.ts";
import { aPublishedFile } from "./webhook-facts.ts";

export const ORIGIN = "waybill.example:8443";

type Setting = Parameters<typeof webhookConnections>[0];

/** One subscription with a webhook, and everything that an attempt needs. */
export function attemptWorld(setting: Setting) {
  const clock = manualClock("2026-03-01T10:00:00Z");
  const told: { consent: Consent | null; lines: string[] } = { consent: null, lines: [] };
  const state: { connections: Connections } = { connections: webhookConnections(setting) };
  const ports: WebhookPorts = {
    clock,
    ids: randomIds,
    log: (event, facts) => void told.lines.push(JSON.stringify({ event, ...facts })),
    files: memoryFiles(
      new Map(),
      () => clock.now(),
      async (_, effect) => effect(),
    ),
    consents: {
      find: async () => told.consent,
      put: async (_, consent) => {
        told.consent = consent;
      },
    },
    openWebhook: (name) => webhooks(state.connections, { origin: ORIGIN, deadlineMs: 5_000 })(name),
  };
  return {
    ports,
    clock,
    told,
    /** From now on the app's settings hold this. */
    set: (changed: Setting) => {
      state.connections = webhookConnections(changed);
    },
    attempt: (via: Partial<ViaWebhook> = {}, delivery: Partial<WebhookAttempt["delivery"]> = {}) =>
      attemptWebhook(ports, {
        subscriptionId: "partner-a",
        via: ViaWebhook.parse({ kind: "webhook", connection: "partner", ...via }),
        delivery: {
          deliveryId: "0195512f-4c0b-8abc-a123-0123456789ab",
          file: aPublishedFile(),
          previousSequence: null,
          isRepeated: false,
          isTest: false,
          ...delivery,
        },
      }),
  };
}
