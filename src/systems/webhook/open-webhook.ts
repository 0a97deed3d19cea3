import { hash } from "node:crypto";
import type { LookupFunction } from "node:net";
import type {
  OpenWebhook,
  WebhookAnswer,
  WebhookEndpoint,
  WebhookRequest,
} from "../../domain/deliveries/webhook/webhook-endpoint.ts";
import { AppError } from "../../domain/errors.ts";
import type { Connections } from "../../domain/source.ts";
import { isWebhookConnection, type WebhookConnection } from "./connection.ts";
import { type ExchangeAnswer, exchange } from "./exchange.ts";
import { secretTexts, withoutSecrets } from "./secret-texts.ts";
import { parseWebhookUrl, shownUrl, type WebhookUrl } from "./webhook-url.ts";

/** Time for one request, from the look-up of the name to the end of what is read of the answer. */
const DEADLINE_MS = 20_000;
/** Characters of an answer that are kept. */
const MAX_TEXT_LENGTH = 500;
/** Headers of an answer that somebody reads. Others may hold anything: a `Location` of a workflow is a credential. */
const KEPT_HEADERS = [
  "content-type",
  "retry-after",
  "webhook-allowed-origin",
  "webhook-allowed-rate",
];

/** Facts of one installation, and parts that a test replaces. */
export interface WebhookOptions {
  /** Host name of this installation. */
  readonly origin: string;
  readonly deadlineMs?: number;
  readonly lookup?: LookupFunction;
}

/** Opens webhooks among these connections. */
export function webhooks(connections: Connections, options: WebhookOptions): OpenWebhook {
  return (name) => {
    const connection = connections.get(name);
    const url = isWebhookConnection(connection) ? parseWebhookUrl(connection.url) : "";
    if (!isWebhookConnection(connection) || typeof url === "string") {
      throw new AppError(
        "connection-invalid",
        `Cannot use connection "${name}": it is not a webhook, but of kind "${connection.kind}"`,
      );
    }
    return endpoint({ connection, url, options });
  };
}

interface Opened {
  readonly connection: WebhookConnection;
  readonly url: WebhookUrl;
  readonly options: WebhookOptions;
}

function endpoint(opened: Opened): WebhookEndpoint {
  const { connection, url, options } = opened;
  return {
    shown: shownUrl(url),
    fingerprint: hash("sha256", connection.url, "hex").slice(0, 32),
    secrets: connection.secrets,
    origin: options.origin,
    call: (request) => call(opened, request),
  };
}

async function call(
  { connection, url, options }: Opened,
  request: WebhookRequest,
): Promise<WebhookAnswer> {
  const secrets = secretTexts(connection, url);
  const deadlineMs = options.deadlineMs ?? DEADLINE_MS;
  const deadline = new AbortController();
  const timer = setTimeout(
    () => deadline.abort(new Error(`no complete answer within ${deadlineMs / 1_000} s`)),
    deadlineMs,
  );
  const startedAtMs = performance.now();
  const durationMs = () => Math.round(performance.now() - startedAtMs);
  try {
    const answer = await exchange({
      ...request,
      url,
      policy: { allowPrivate: connection.allowPrivate, isEncrypted: url.isEncrypted },
      headers: {
        "user-agent": "Waybill",
        accept: "*/*",
        ...connection.headers,
        ...request.headers,
      },
      signal: deadline.signal,
      lookup: options.lookup,
    });
    return { ...represent(answer, secrets), durationMs: durationMs() };
  } catch (error) {
    const text = withoutSecrets(reasonOf(error), secrets);
    return { status: null, headers: {}, text: "", error: text, durationMs: durationMs() };
  } finally {
    clearTimeout(timer);
  }
}

function represent(
  answer: ExchangeAnswer,
  secrets: readonly string[],
): Omit<WebhookAnswer, "durationMs"> {
  const clean = (text: string) => withoutSecrets(text, secrets).slice(0, MAX_TEXT_LENGTH);
  const headers = KEPT_HEADERS.flatMap((name) => {
    const value = answer.headers[name];
    return value === undefined ? [] : [[name, clean(String(value))] as const];
  });
  return {
    status: answer.status,
    headers: Object.fromEntries(headers),
    text: clean(answer.body.toString()),
    error: answer.brokenOff === null ? null : clean(reasonOf(answer.brokenOff)),
  };
}

/** The reason in words for people. Several addresses that all failed give an error without a message. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) {
    return error.errors.map(reasonOf).join("; ");
  }
  const { message, code } = error as Error & { code?: unknown };
  return typeof code === "string" && !message.includes(code) ? `${message} (${code})` : message;
}
