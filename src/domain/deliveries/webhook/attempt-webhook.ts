import { isAppError } from "../../errors.ts";
import type { PublishedFile } from "../../ledger/ledger-entry.ts";
import { fileName } from "../../ledger/ledger-entry.ts";
import type { Ports } from "../../ports.ts";
import { type ConsentPorts, consentOf } from "./consent.ts";
import { webhookHeaders } from "./sign-webhook.ts";
import type { ViaWebhook } from "./via-webhook.ts";
import { plainName, type WebhookFacts, webhookBody } from "./webhook-body.ts";
import type { WebhookAnswer, WebhookEndpoint } from "./webhook-endpoint.ts";
import { type WebhookOutcome, webhookOutcome } from "./webhook-outcome.ts";

export type WebhookPorts = ConsentPorts & Pick<Ports, "files" | "openWebhook">;

/** One delivery, as an attempt needs it. */
export interface WebhookAttempt {
  readonly subscriptionId: string;
  readonly via: ViaWebhook;
  readonly delivery: Pick<
    WebhookFacts,
    "deliveryId" | "file" | "previousSequence" | "isRepeated" | "isTest"
  >;
}

export interface WebhookResult {
  readonly outcome: WebhookOutcome;
  /** Null: nothing was sent. */
  readonly answer: WebhookAnswer | null;
}

/**
 * Calls a webhook's receiver for one delivery, once. Everything that can change while attempts go on for days is made
 * here: link, time, signatures, and the connection with its secrets.
 *
 * Calling twice is harmless: the receiver knows the delivery by its `webhook-id`.
 *
 * @throws Error when the file's link cannot be made, which says nothing about the receiver
 */
export async function attemptWebhook(
  ports: WebhookPorts,
  attempt: WebhookAttempt,
  signal: AbortSignal,
): Promise<WebhookResult> {
  const { subscriptionId, via, delivery } = attempt;
  const endpoint = openedOrReason(ports, via.connection);
  if (typeof endpoint === "string") {
    return unsent(endpoint);
  }
  const { handshake } = via;
  const consent = await consentOf(ports, { subscriptionId, handshake, endpoint }, signal);
  if (consent?.agreed === false) {
    return unsent(`has not agreed to be called: it answered ${consent.said}`);
  }
  const link = await linkFor(ports, via, delivery.file);
  const { contentType, bytes } = webhookBody(via.body, {
    ...delivery,
    legalEntity: via.legalEntity ?? "",
    link,
  });
  const signed = webhookHeaders({
    id: delivery.deliveryId,
    at: ports.clock.now(),
    body: bytes,
    secrets: endpoint.secrets,
  });
  const headers = { "content-type": contentType, ...signed };
  const answer = await endpoint.call({ method: "POST", headers, body: bytes }, signal);
  return { outcome: webhookOutcome(answer, ports.clock.now()), answer };
}

function unsent(reason: string): WebhookResult {
  return { outcome: { kind: "failed", reason, retryAfterMs: null }, answer: null };
}

/** @returns a text that completes "the receiver " when the connection cannot be used now */
function openedOrReason(
  ports: Pick<Ports, "openWebhook">,
  connection: string,
): WebhookEndpoint | string {
  try {
    return ports.openWebhook(connection);
  } catch (error) {
    if (isAppError(error)) {
      return `is not known: ${error.message}`;
    }
    throw error;
  }
}

/**
 * The file's link. In a business event a plain HTTP action downloads it, so compression is undone on the way; readers of
 * other bodies are told of it by `contentEncoding`.
 */
async function linkFor(
  { files, clock }: Pick<Ports, "files" | "clock">,
  via: ViaWebhook,
  file: PublishedFile,
): Promise<WebhookFacts["link"]> {
  if (via.body === "metadata") {
    return null;
  }
  const isPlain = via.body === "business-event";
  const expiresAt = new Date(clock.now().getTime() + via.downloadUrlMinutes * 60_000);
  const url = await files.readUrl(file.path, {
    expiresAt,
    fileName: isPlain ? plainName(file) : fileName(file),
    contentType: file.contentType,
    ...(isPlain && file.contentEncoding === "gzip" ? { contentEncoding: "gzip" } : {}),
  });
  return { url, expiresAt };
}
