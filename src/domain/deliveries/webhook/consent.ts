import { z } from "zod";
import type { Ports } from "../../ports.ts";
import { webhookHeaders } from "./sign-webhook.ts";
import type { WebhookAnswer, WebhookEndpoint } from "./webhook-endpoint.ts";

export const HANDSHAKES = ["none", "cloudevents", "event-grid"] as const;
export type Handshake = (typeof HANDSHAKES)[number];

/** The answer of a receiver to the question whether it wants to be called. */
export interface Consent {
  readonly handshake: Handshake;
  /** {@link WebhookEndpoint.fingerprint} of the URL that was asked. */
  readonly fingerprint: string;
  readonly agreed: boolean;
  /** Its answer, in words for people. */
  readonly said: string;
  /** Requests a minute that the receiver allows, as it wrote them; null: it named none. */
  readonly allowedRate: string | null;
  readonly at: Date;
}

/** The last answer of each subscription's receiver. */
export interface Consents {
  find(subscriptionId: string): Promise<Consent | null>;
  put(subscriptionId: string, consent: Consent): Promise<void>;
}

export type ConsentPorts = Pick<Ports, "consents" | "clock" | "ids" | "log">;

/**
 * Asks a receiver for its consent, unless it has given it for this URL.
 *
 * @returns its consent, or its refusal, after which the next attempt asks again; null when the subscription needs none
 */
export async function consentOf(
  ports: ConsentPorts,
  input: { subscriptionId: string; handshake: Handshake; endpoint: WebhookEndpoint },
): Promise<Consent | null> {
  const { subscriptionId, handshake } = input;
  if (handshake === "none") {
    return null;
  }
  const known = await ports.consents.find(subscriptionId);
  return known?.agreed && isAbout(known, input) ? known : askForConsent(ports, input);
}

/**
 * Asks a receiver for its consent, whatever it said before.
 *
 * @returns its answer, which is kept; null when the subscription needs none
 */
export async function askForConsent(
  ports: ConsentPorts,
  input: { subscriptionId: string; handshake: Handshake; endpoint: WebhookEndpoint },
): Promise<Consent | null> {
  const { subscriptionId, handshake, endpoint } = input;
  if (handshake === "none") {
    return null;
  }
  const answer = await ASKED[handshake](ports, endpoint);
  const consent = {
    ...answer,
    handshake,
    fingerprint: endpoint.fingerprint,
    at: ports.clock.now(),
  };
  await ports.consents.put(subscriptionId, consent);
  ports.log("webhook-asked", { subscriptionId, agreed: consent.agreed, said: consent.said });
  return consent;
}

/** Whether an answer belongs to the receiver as it is defined now. */
export function isAbout(
  consent: Consent,
  now: { handshake: Handshake; endpoint: WebhookEndpoint },
): boolean {
  return consent.handshake === now.handshake && consent.fingerprint === now.endpoint.fingerprint;
}

type Said = Pick<Consent, "agreed" | "said" | "allowedRate">;
type Ask = (ports: ConsentPorts, endpoint: WebhookEndpoint) => Promise<Said>;

const ASKED: Readonly<Record<Exclude<Handshake, "none">, Ask>> = {
  cloudevents: askByOptions,
  "event-grid": askByValidation,
};

/**
 * The abuse protection of CloudEvents: an OPTIONS request names our host, and the answer allows it, or everybody.
 *
 * @see https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md#4-abuse-protection
 */
async function askByOptions(_: ConsentPorts, endpoint: WebhookEndpoint): Promise<Said> {
  const answer = await endpoint.call({
    method: "OPTIONS",
    headers: { "webhook-request-origin": endpoint.origin },
    body: null,
  });
  const allowed = answer.headers["webhook-allowed-origin"];
  const isAllowed = allowed === "*" || allowed?.toLowerCase() === endpoint.origin.toLowerCase();
  const header = allowed === undefined ? "no WebHook-Allowed-Origin" : `"${allowed}"`;
  return {
    agreed: answer.status === 200 && isAllowed,
    said: `${statusOf(answer)}, ${header}`,
    allowedRate: answer.headers["webhook-allowed-rate"] ?? null,
  };
}

const ValidationAnswer = z.object({ validationResponse: z.string() });

/**
 * The validation of Event Grid: an event carries a code, and the answer repeats it. Any other answer is not a consent,
 * 202 included: it says only that something took the event.
 *
 * @see https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema
 */
async function askByValidation(
  { clock, ids }: ConsentPorts,
  endpoint: WebhookEndpoint,
): Promise<Said> {
  const code = ids.guid();
  const event = {
    id: ids.guid(),
    topic: endpoint.origin,
    subject: "",
    data: { validationCode: code },
    eventType: "Microsoft.EventGrid.SubscriptionValidationEvent",
    eventTime: clock.now().toISOString(),
    metadataVersion: "1",
    dataVersion: "1",
  };
  const body = Buffer.from(JSON.stringify([event]));
  const { secrets } = endpoint;
  const headers = {
    "content-type": "application/json; charset=utf-8",
    "aeg-event-type": "SubscriptionValidation",
    ...webhookHeaders({ id: event.id, at: clock.now(), body, secrets }),
  };
  const answer = await endpoint.call({ method: "POST", headers, body });
  const response = validationResponse(answer.text);
  const isRepeated = response === code;
  const words = response === null ? "no validationResponse" : "another validationResponse";
  return {
    agreed: answer.status === 200 && isRepeated,
    said: `${statusOf(answer)}, ${isRepeated ? "the validation code" : words}`,
    allowedRate: null,
  };
}

function validationResponse(text: string): string | null {
  try {
    return ValidationAnswer.parse(JSON.parse(text)).validationResponse;
  } catch {
    return null;
  }
}

function statusOf({ status, error }: WebhookAnswer): string {
  return status === null ? `no answer (${error})` : String(status);
}
