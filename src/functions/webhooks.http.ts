import { z } from "zod";
import { HANDSHAKES } from "../domain/deliveries/webhook/consent.ts";
import { askWebhook, webhookOf } from "../domain/deliveries/webhook/webhook-of.ts";
import { DefinitionId } from "../domain/ids.ts";
import { door } from "./http/door.ts";

const WebhookAnswer = z
  .object({
    connection: z.string().describe("Name of the connection in the app's settings."),
    url: z.string().describe("Scheme, host and the last four characters; the rest is a secret."),
    secrets: z.int().describe("Number of secrets that sign each request."),
    handshake: z.enum(HANDSHAKES).describe("How the receiver proves that it wants to be called."),
    consent: z
      .object({
        agreed: z.boolean().describe("Whether it wants to be called. If not, its files wait."),
        said: z.string().describe("Its answer, in words for people."),
        allowedRate: z
          .string()
          .nullable()
          .describe("Requests a minute that it allows, in its words; null: it named none."),
        at: z.iso.datetime().describe("When it answered."),
      })
      .nullable()
      .describe("The last answer of the receiver of this URL; null: it was not asked."),
  })
  .meta({ id: "Webhook", description: "The receiver that a subscription calls." });

const ABOUT = {
  tag: { name: "Subscriptions", description: "Deliveries of subscriptions, whatever their way." },
  caller: "operator",
  params: { subscriptionId: DefinitionId.describe("Id of the subscription.") },
  refusals: {
    400: "The subscription does not deliver by a webhook.",
    404: "There is no such subscription.",
    409: "The subscription, or its connection, cannot be used.",
  },
} as const;

/** The receivers of webhooks, for operators. */
export const WEBHOOK_DOORS = [
  door({
    ...ABOUT,
    id: "webhooks-get",
    method: "get",
    path: "/api/subscriptions/{subscriptionId}/webhook",
    summary: "Read whom a subscription calls, and whether the receiver agreed",
    description: "Nobody is called.",
    answers: { 200: { description: "The receiver.", json: WebhookAnswer } },
    handle: async (ports, { params }) => ({
      status: 200,
      json: await webhookOf(ports, params.subscriptionId),
    }),
  }),
  door({
    ...ABOUT,
    id: "webhooks-ask",
    method: "post",
    path: "/api/subscriptions/{subscriptionId}/webhook/handshake",
    summary: "Ask the receiver now whether it wants to be called",
    description:
      "Deliveries do so by themselves, whenever they need it. A subscription without a handshake is only described.",
    answers: { 200: { description: "The receiver, with its answer.", json: WebhookAnswer } },
    handle: async (ports, { params }) => ({
      status: 200,
      json: await askWebhook(ports, params.subscriptionId),
    }),
  }),
];
