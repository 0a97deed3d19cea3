import { z } from "zod";
import { DAY_MS } from "../../../formats/day.ts";
import { ConnectionName } from "../../definitions/system-definition.ts";
import { isAppError } from "../../errors.ts";
import { attemptWebhook } from "../webhook/attempt-webhook.ts";
import { HANDSHAKES } from "../webhook/consent.ts";
import { WEBHOOK_BODIES } from "../webhook/webhook-body.ts";
import type { WebhookResult } from "../webhook/webhook-outcome.ts";
import { deliverToOwnQueue } from "./own-queue.ts";
import type { Brought, Way } from "./way.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** A link lives as long as a user-delegation key. */
const MAX_LINK_MINUTES = (7 * DAY_MS) / MINUTE_MS;
const MAX_HOURS = (14 * DAY_MS) / HOUR_MS;

export const ViaWebhook = z.strictObject({
  kind: z
    .literal("webhook")
    .describe("By a signed request to a URL of the partner, for each file."),
  connection: ConnectionName.describe(
    "Name of the connection in the app's settings that holds the URL and the secrets.",
  ),
  body: z
    .enum(WEBHOOK_BODIES)
    .default("metadata")
    .describe(
      "`metadata`: the event as on the topic; `cloudevent`: CloudEvents 1.0, structured; `business-event`: the envelope of Dynamics 365 with `EntityName` and `DownloadURL`.",
    ),
  legalEntity: z
    .string()
    .max(60)
    .optional()
    .describe("`BusinessEventLegalEntity` of business events; empty by default."),
  downloadUrlMinutes: z
    .int()
    .min(5)
    .max(MAX_LINK_MINUTES)
    .default(60)
    .describe(
      "How long the link in a `cloudevent` or `business-event` lives, in minutes: one hour by default, at most seven days. Each attempt has a link of its own.",
    ),
  ordered: z
    .boolean()
    .default(false)
    .describe("One file at a time, the oldest first; a file that fails holds up the later ones."),
  whenParked: z
    .enum(["hold", "skip"])
    .default("skip")
    .describe(
      "A file whose attempts have all failed is set aside. `skip`: later files come without it; `hold`: they wait until an operator resumes the subscription.",
    ),
  giveUpAfterHours: z
    .int()
    .min(1)
    .max(MAX_HOURS)
    .default(72)
    .describe(
      "Hours after the first attempt in which a file is tried again: three days by default, at most two weeks.",
    ),
  handshake: z
    .enum(HANDSHAKES)
    .default("none")
    .describe(
      "How the receiver proves that it wants to be called before the first delivery, and after each change of the URL: `cloudevents` by an OPTIONS request, `event-grid` by a validation event.",
    ),
});
export type ViaWebhook = z.infer<typeof ViaWebhook>;

/** The app calls a URL of the partner. Attempts go on for days, and each is made anew. */
export const webhookWay: Way<ViaWebhook> = {
  deliver: deliverToOwnQueue,

  pace: ({ ordered, whenParked, giveUpAfterHours }) => ({
    ordered,
    holds: whenParked === "hold",
    giveUpAfterMs: giveUpAfterHours * HOUR_MS,
  }),

  bring: async (ports, { id, via }, delivery) => {
    const { file, previousSequence = null, dequeues, requeues, isTest = false } = delivery;
    const isRepeated = dequeues > 1 || requeues > 0;
    const result = await attemptWebhook(ports, {
      subscriptionId: id,
      via,
      delivery: { deliveryId: delivery.id, file, previousSequence, isRepeated, isTest },
    });
    return broughtBy(result, ports.clock.now());
  },

  problems: async () => [],

  problemsAlone: (connections, { connection: name }) => {
    const problem = (message: string) => [{ field: "via.connection", message }];
    try {
      const { kind } = connections.get(name);
      return kind === "webhook" ? [] : problem(`must be a webhook, and "${name}" is ${kind}`);
    } catch (error) {
      if (isAppError(error)) {
        return problem(error.message);
      }
      throw error;
    }
  },

  connectorOf: () => null,
};

function broughtBy({ outcome, answer }: WebhookResult, now: Date): Brought {
  const failure = outcome.kind === "delivered" ? null : `The receiver ${outcome.reason}.`;
  const pauseMs = outcome.kind === "failed" ? outcome.retryAfterMs : null;
  return {
    outcome: outcome.kind,
    attempt: { status: answer?.status ?? null, answer: answer?.text ?? null, failure },
    ...(pauseMs === null ? {} : { notBefore: new Date(now.getTime() + pauseMs) }),
  };
}
