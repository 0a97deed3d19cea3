import { usableDefinition } from "../../definitions/find-definition.ts";
import { AppError } from "../../errors.ts";
import type { Ports } from "../../ports.ts";
import type { ViaWebhook } from "../ways/webhook.ts";
import { askForConsent, type Consent, type ConsentPorts, isAbout } from "./consent.ts";
import type { WebhookEndpoint } from "./webhook-endpoint.ts";

/** A subscription's receiver, for operators. */
export interface DescribedWebhook {
  readonly connection: string;
  /** The URL's host and end. */
  readonly url: string;
  /** Number of secrets that sign. */
  readonly secrets: number;
  readonly handshake: ViaWebhook["handshake"];
  /** The last answer of the receiver of this URL; null: it was not asked. */
  readonly consent: Pick<Consent, "agreed" | "said" | "allowedRate" | "at"> | null;
}

/**
 * Describes the receiver of a subscription.
 *
 * @throws AppError `definition-not-found`, `definition-unreadable`, `connection-unknown`, `connection-invalid`;
 *   `request-invalid` when the subscription delivers in another way
 */
export async function webhookOf(
  ports: Pick<Ports, "definitions" | "openWebhook" | "consents">,
  subscriptionId: string,
): Promise<DescribedWebhook> {
  const { via, endpoint } = await receiverOf(ports, subscriptionId);
  const consent = await ports.consents.find(subscriptionId);
  const { connection, handshake } = via;
  return {
    connection,
    handshake,
    url: endpoint.shown,
    secrets: endpoint.secrets.length,
    consent: consent !== null && isAbout(consent, { handshake, endpoint }) ? consent : null,
  };
}

/**
 * Asks the receiver of a subscription for its consent now, whatever it said before.
 *
 * @throws AppError as {@link webhookOf}
 */
export async function askWebhook(
  ports: ConsentPorts & Pick<Ports, "definitions" | "openWebhook">,
  subscriptionId: string,
): Promise<DescribedWebhook> {
  const { via, endpoint } = await receiverOf(ports, subscriptionId);
  const { handshake } = via;
  await askForConsent(ports, { subscriptionId, handshake, endpoint });
  return webhookOf(ports, subscriptionId);
}

async function receiverOf(
  ports: Pick<Ports, "definitions" | "openWebhook">,
  subscriptionId: string,
): Promise<{ via: ViaWebhook; endpoint: WebhookEndpoint }> {
  const { via } = (await usableDefinition(ports, "subscriptions", subscriptionId)).body;
  if (via.kind !== "webhook") {
    throw new AppError(
      "request-invalid",
      `Cannot call the receiver of subscription "${subscriptionId}": it delivers by ${via.kind}`,
    );
  }
  return { via, endpoint: ports.openWebhook(via.connection) };
}
