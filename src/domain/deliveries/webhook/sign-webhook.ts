import { createHmac } from "node:crypto";

/**
 * The headers of Standard Webhooks 1.0. They belong to one attempt: its time and its signatures are its own, and
 * receivers refuse a time that is more than five minutes off. The id is the delivery's, in every attempt.
 *
 * Each secret signs once, so that a receiver which knows any one of them can verify the request.
 */
export function webhookHeaders(input: {
  id: string;
  at: Date;
  body: Uint8Array;
  secrets: readonly string[];
}): Readonly<Record<string, string>> {
  const { id, at, body, secrets } = input;
  const timestamp = String(Math.floor(at.getTime() / 1_000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice("whsec_".length), "base64");
    const hmac = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body);
    return `v1,${hmac.digest("base64")}`;
  });
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}
