import { z } from "zod";
import { HANDSHAKES } from "../domain/deliveries/webhook/consent.ts";
import { sendTest } from "../domain/deliveries/webhook/send-test.ts";
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
    400: "The subscription does not deliver by a webhook, or its connection cannot be used.",
    404: "There is no such subscription.",
  },
} as const;

const TestAnswer = z
  .object({
    deliveryId: z.string().describe("Id of the delivery, as the receiver gets it."),
    fileType: z.string().describe("File type of the file that is sent."),
    sequence: z.int().describe("Its number."),
    delivery: z.string().describe("Address of the delivery, with its attempts."),
  })
  .meta({ id: "TestEvent", description: "A file that is sent as a test." });

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
  door({
    ...ABOUT,
    id: "webhooks-test",
    method: "post",
    path: "/api/subscriptions/{subscriptionId}/test",
    summary: "Send a file to a subscription's webhook, as a test",
    description:
      "A file that is kept and that the subscription wants takes the way of real files: filter, queue, signature, sender. Its body says that it is a test.",
    answers: { 202: { description: "The test waits to be sent.", json: TestAnswer } },
    refusals: {
      ...ABOUT.refusals,
      400: "The subscription does not deliver by a webhook, is disabled, or is stopped.",
      404: "There is no such subscription, or no file that it wants is kept.",
    },
    handle: async (ports, { params }) => {
      const { id, file } = await sendTest(ports, params.subscriptionId);
      return {
        status: 202,
        json: {
          deliveryId: id,
          fileType: file.fileType,
          sequence: file.sequence,
          delivery: `${ports.site.publicBaseUrl}/api/subscriptions/${params.subscriptionId}/deliveries/${id}`,
        },
      };
    },
  }),
];
