import type { WebhookConnection } from "./connection.ts";
import type { WebhookUrl } from "./webhook-url.ts";

/** Shorter parts of a URL are words, not secrets. */
const MIN_PART_LENGTH = 8;
const MIN_VALUE_LENGTH = 4;
/** Shared access signatures, which a receiver may repeat from a body. */
const SIGNATURE_REGEXP = /(\bsig(?:=|%3D))[^&\s"'<>\\]+/gi;

/** Texts of a connection that must not come out of it, longest first. */
export function secretTexts(connection: WebhookConnection, url: WebhookUrl): readonly string[] {
  const [path = "", query = ""] = cutInTwo(url.target, "?");
  const values = query.split("&").map((pair) => cutInTwo(pair, "=")[1] ?? pair);
  const parts = [
    connection.url,
    url.target,
    ...[path, query, ...path.split("/")].filter(({ length }) => length >= MIN_PART_LENGTH),
    ...values.filter(({ length }) => length >= MIN_VALUE_LENGTH),
    ...Object.values(connection.headers).filter(({ length }) => length >= MIN_VALUE_LENGTH),
    ...connection.secrets,
    ...connection.secrets.map((secret) => secret.slice("whsec_".length)),
  ];
  const spellings = parts.flatMap((part) => [part, decoded(part), escaped(part)]);
  return [...new Set(spellings)]
    .filter(({ length }) => length >= MIN_VALUE_LENGTH)
    .sort((a, b) => b.length - a.length);
}

/**
 * The text without these secrets. If it was cut in the middle of one, its end is left out, too.
 *
 * @param secrets longest first
 */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  const replaced = secrets.reduce((rest, secret) => rest.replaceAll(secret, "***"), text);
  const safe = replaced.replaceAll(SIGNATURE_REGEXP, "$1***");
  const cut = Math.max(0, ...secrets.map((secret) => sharedLength(safe, secret)));
  return cut >= MIN_VALUE_LENGTH ? `${safe.slice(0, -cut)}***` : safe;
}

/** How many characters at the text's end are the beginning of the secret. */
function sharedLength(text: string, secret: string): number {
  for (let length = Math.min(text.length, secret.length); length >= MIN_VALUE_LENGTH; length--) {
    if (text.endsWith(secret.slice(0, length))) {
      return length;
    }
  }
  return 0;
}

function cutInTwo(text: string, mark: string): readonly string[] {
  const at = text.indexOf(mark);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + mark.length)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** As HTML shows it. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;");
}
