import { z } from "zod";
import type { Connection } from "../../domain/source.ts";
import type { ConnectionReader } from "../system.ts";
import { parseWebhookUrl } from "./webhook-url.ts";

/** Headers that Waybill sets itself, or that change how a request is sent. */
const OWN_HEADER_REGEXP =
  /^(?:host|connection|content-.*|transfer-encoding|expect|te|trailer|upgrade|keep-alive|proxy-.*|webhook-.*|ce-.*|aeg-.*)$/i;
const MAX_URL_LENGTH = 8_000;

const Secret = z.string().superRefine((secret, context) => {
  const message = secretProblem(secret);
  if (message !== null) {
    context.addIssue({ code: "custom", message });
  }
});

const WebhookSetting = z
  .strictObject({
    kind: z.literal("webhook"),
    url: z.string().max(MAX_URL_LENGTH, `must have at most ${MAX_URL_LENGTH} characters`),
    /** Each request is signed with all of them, so that a receiver can change to a new one at its own time. */
    secrets: z
      .array(Secret)
      .min(1, "must hold at least one secret")
      .max(5, "must hold at most five secrets")
      .readonly(),
    /** Further headers, such as an API key. */
    headers: z
      .record(
        z
          .string()
          .regex(/^[\w!#$%&'*+.^`|~-]+$/)
          .refine((name) => !OWN_HEADER_REGEXP.test(name)),
        z.string().regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/),
      )
      .refine((headers) => Object.keys(headers).length <= 20)
      .default({}),
    /** Lets this URL lead into a private network or to this machine, and be http there. */
    allowPrivate: z.boolean().default(false),
  })
  .superRefine(({ url, allowPrivate }, context) => {
    const parsed = parseWebhookUrl(url);
    const message = typeof parsed === "string" ? parsed : null;
    if (message !== null) {
      context.addIssue({ code: "custom", path: ["url"], message });
    } else if (!allowPrivate && !/^https:/i.test(url)) {
      context.addIssue({
        code: "custom",
        path: ["url"],
        message: "must be https; http is for private addresses, with `allowPrivate`",
      });
    }
  });
export type WebhookConnection = z.infer<typeof WebhookSetting>;

/** Only {@link webhookConnection} makes connections of this kind. */
export function isWebhookConnection(connection: Connection): connection is WebhookConnection {
  return connection.kind === "webhook";
}

export const webhookConnection: ConnectionReader = {
  looksLike: 'JSON such as {"kind":"webhook","url":"https://...","secrets":["whsec_..."]}',
  read: (setting) => WebhookSetting.safeParse(objectIn(setting)).data ?? null,
  fault: (setting) => {
    const json = objectIn(setting);
    const error = json?.kind === "webhook" ? WebhookSetting.safeParse(json).error : undefined;
    return error === undefined ? null : faultOf(error);
  },
};

/** Field and problem of the first fault. Names and values of the setting's own are left out: they may be secrets. */
function faultOf({ issues: [issue] }: z.ZodError): string {
  const field = String(issue?.path[0] ?? "");
  const known = Object.hasOwn(WebhookSetting.shape, field);
  if (!known) {
    return `is a webhook with a member that does not exist; it may have ${Object.keys(WebhookSetting.shape).join(", ")}`;
  }
  const message = issue?.code === "custom" || issue?.code === "too_small" ? issue.message : null;
  return `is a webhook whose ${field} ${message ?? FORMS[field] ?? "are wrong"}`;
}

/** The form of fields whose own problems could quote a secret. */
const FORMS: Readonly<Record<string, string>> = {
  url: `must be text of at most ${MAX_URL_LENGTH} characters`,
  secrets: 'must be one to five texts of "whsec_" and base64',
  headers:
    "must be at most 20 names with a text of printable ASCII; Waybill sets Host, Content-* and Webhook-* itself",
  allowPrivate: "must be true or false",
};

const MIN_SECRET_BYTES = 24;
const MAX_SECRET_BYTES = 64;

/** The fault of a secret, without its value; null when it is usable in every library of Standard Webhooks. */
function secretProblem(secret: string): string | null {
  if (secret.startsWith("v1,")) {
    return 'must begin with "whsec_": "v1," belongs to signatures, so remove it';
  }
  const base64 = secret.slice("whsec_".length);
  const bytes = Buffer.from(base64, "base64");
  if (!secret.startsWith("whsec_") || bytes.toString("base64") !== base64) {
    return 'must be "whsec_" and base64 with its "=" at the end';
  }
  return bytes.length < MIN_SECRET_BYTES || bytes.length > MAX_SECRET_BYTES
    ? `must hold ${MIN_SECRET_BYTES} to ${MAX_SECRET_BYTES} bytes, and one holds ${bytes.length}`
    : null;
}

function objectIn(setting: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(setting);
    return typeof value === "object" && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}
