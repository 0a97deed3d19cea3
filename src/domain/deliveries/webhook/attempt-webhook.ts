import { isAppError } from "../../errors.ts";
import type { PublishedFile } from "../../ledger/ledger-entry.ts";
import { fileName } from "../../ledger/ledger-entry.ts";
import type { Ports } from "../../ports.ts";
import { type ConsentPorts, consentOf, type Handshake } from "./consent.ts";
import { webhookHeaders } from "./sign-webhook.ts";
import { plainName, type WebhookBodyKind, type WebhookFacts, webhookBody } from "./webhook-body.ts";
import type { WebhookEndpoint } from "./webhook-endpoint.ts";
import { failed, type WebhookResult, webhookOutcome } from "./webhook-outcome.ts";

export type WebhookPorts = ConsentPorts & Pick<Ports, "files" | "openWebhook">;

/** The part of a definition that decides how a receiver is called. */
interface WebhookForm {
  readonly connection: string;
  readonly body: WebhookBodyKind;
  readonly legalEntity?: string | undefined;
  readonly downloadUrlMinutes: number;
  readonly handshake: Handshake;
}

/** One delivery, as an attempt needs it. */
export interface WebhookAttempt {
  readonly subscriptionId: string;
  readonly via: WebhookForm;
  readonly delivery: Pick<
    WebhookFacts,
    "deliveryId" | "file" | "previousSequence" | "isRepeated" | "isTest"
  >;
}

/**
 * Calls a webhook's receiver for one delivery, once. Everything that can change while attempts go on for days is made
 * here: link, time, signatures, and the connection with its secrets.
 *
 * Calling twice is harmless: the receiver knows the delivery by its `webhook-id`.
 *
 * The endpoint has its own deadline, so an attempt ends within a minute.
 */
export async function attemptWebhook(
  ports: WebhookPorts,
  attempt: WebhookAttempt,
): Promise<WebhookResult> {
  const { subscriptionId, via, delivery } = attempt;
  const endpoint = openedOrReason(ports, via.connection);
  if (typeof endpoint === "string") {
    return unsent(endpoint);
  }
  const { handshake } = via;
  const consent = await consentOf(ports, { subscriptionId, handshake, endpoint });
  if (consent?.agreed === false) {
    return unsent(`has not agreed to be called: it answered ${consent.said}`);
  }
  const link = await linkOrReason(ports, via, delivery.file);
  if (typeof link === "string") {
    return unsent(link);
  }
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
  const answer = await endpoint.call({ method: "POST", headers, body: bytes });
  return { outcome: webhookOutcome(answer, ports.clock.now()), answer };
}

function unsent(reason: string): WebhookResult {
  return { outcome: failed(reason), answer: null };
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

/** @returns a text that completes "the receiver " when storage cannot make a link now */
async function linkOrReason(
  ports: Pick<Ports, "files" | "clock">,
  via: WebhookForm,
  file: PublishedFile,
): Promise<WebhookFacts["link"] | string> {
  try {
    return await linkFor(ports, via, file);
  } catch (error) {
    const { name } = error instanceof Error ? error : { name: "an unknown error" };
    return `was not called: the file's link cannot be made (${name}); see whether storage answers, and the app's rights`;
  }
}

/**
 * The file's link. In a business event a plain HTTP action downloads it, so compression is undone on the way; readers of
 * other bodies are told of it by `contentEncoding`.
 */
async function linkFor(
  { files, clock }: Pick<Ports, "files" | "clock">,
  via: WebhookForm,
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
