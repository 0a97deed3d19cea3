import { randomBytes } from "node:crypto";
import type { Connection, Connections } from "../../src/domain/source.ts";
import { webhookConnection } from "../../src/systems/webhook/connection.ts";

/** A secret as Standard Webhooks writes it. */
export function newSecret(bytes = 32): string {
  return `whsec_${randomBytes(bytes).toString("base64")}`;
}

/** A connection of kind webhook, as the app's settings have it. */
export interface WebhookSetting {
  readonly url: string;
  readonly secrets?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly allowPrivate?: boolean;
}

export function webhookSetting(setting: WebhookSetting): Connection {
  const text = JSON.stringify({
    kind: "webhook",
    secrets: [newSecret()],
    allowPrivate: true,
    ...setting,
  });
  const connection = webhookConnection.read(text);
  if (connection === null) {
    throw new Error(`not a webhook: ${webhookConnection.fault?.(text)}`);
  }
  return connection;
}

/** Connections of the app's settings, in which every name is this webhook. */
export function webhookConnections(setting: WebhookSetting): Connections {
  const connection = webhookSetting(setting);
  return { get: () => connection };
}
