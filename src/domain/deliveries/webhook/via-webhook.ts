import { z } from "zod";
import { ConnectionName } from "../../definitions/system-definition.ts";
import { HANDSHAKES } from "./consent.ts";
import { WEBHOOK_BODIES } from "./webhook-body.ts";

/** A link lives as long as a user-delegation key, at most seven days. */
const MAX_LINK_MINUTES = 7 * 24 * 60;

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
  handshake: z
    .enum(HANDSHAKES)
    .default("none")
    .describe(
      "How the receiver proves that it wants to be called before the first delivery, and after each change of the URL: `cloudevents` by an OPTIONS request, `event-grid` by a validation event.",
    ),
});
export type ViaWebhook = z.infer<typeof ViaWebhook>;
