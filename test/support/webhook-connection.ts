import { randomBytes } from "node:crypto";
import type { Connections } from "../../src/domain/source.ts";
import { webhookConnection } from "../../src/systems/webhook/connection.ts";

/** A secret as Standard Webhooks writes it. */
export function newSecret(bytes = 32): string {
  return `whsec_${randomBytes(bytes).toString("base64")}`;
}

/** Connections of the app's settings, with one webhook named `partner`. */
export function webhookConnections(setting: {
  url: string;
  secrets?: readonly string[];
  headers?: Readonly<Record<string, string>>;
  allowPrivate?: boolean;
}): Connections {
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
  return { get: () => connection };
}
