import { type Log, levelOf } from "../domain/log-events.ts";
import { factsAround } from "../domain/log-facts.ts";
import { shortened } from "../formats/shortened.ts";

/** Longer texts are cut; the important part of a stack is its beginning. */
const MAX_LENGTH = 8_000;
/** Most characters that are searched for secrets. Each pattern needs one pass, so no text can make the search slow. */
const MAX_READ_LENGTH = 2 * MAX_LENGTH;

const SECRET_NAMES =
  "password|passwd|passphrase|pwd|(?:client[_-]?)?secret|client[_-]?assertion|(?:access|refresh|id)[_-]?token|" +
  "(?:account|shared[_-]?access|api|functions|subscription)[_-]?key|shared[_-]?access[_-]?signature";

/** Secrets that must never appear in a log, even if a message holds them. */
const SECRETS: readonly [RegExp, string][] = [
  // JSON Web Tokens
  [/eyJ[\w-]{4,1000}\.[\w-]{4,}(?:\.[\w-]*)*/g, "***"],
  [/\bwhsec_[\w+/=-]+/g, "***"],
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]*(?:-----END[^-]*-----)?/g, "***"],
  // user and password in a URL; a password may hold an unescaped "/" or "@"
  [/(:\/\/)[^\s"'<>/?#]{1,512}@/g, "$1***@"],
  [/(:\/\/[^\s"'<>/:@]{0,128}:)[^\s"'<>]{1,512}@/g, "$1***@"],
  // parts of signed URLs and of Service Bus tokens
  [/(\bsig=|[?&](?:code|token|key)=)[^&\s"'<>;,]+/gi, "$1***"],
  [/(\bauthorization["'\\]*\s*[:=]\s*["'\\]*)[^"'\r\n\\]+/gi, "$1***"],
  [/\b(bearer|basic|sharedaccesssignature|sharedkey)\s+[\w.~+/=:%&-]{8,}/gi, "$1 ***"],
  // connection strings, headers, forms and JSON
  [
    new RegExp(`((?:${SECRET_NAMES})["'\\\\]*\\s*[:=]\\s*["'\\\\]*)[^"'\\s;&,}\\\\]+`, "gi"),
    "$1***",
  ],
];

/**
 * One JSON object per line: the event and its facts. Line breaks in facts are escaped, so that nobody can forge a line.
 * Secrets are removed, and long texts are cut.
 *
 * @param write receives one line without its line end
 */
export function jsonLog(write: (line: string) => void): Log {
  return (event, facts = {}) =>
    write(asLine({ event, level: levelOf(event, facts), ...factsAround(), ...facts }));
}

function asLine(facts: object): string {
  const json = JSON.stringify(facts, (_name, value: unknown) =>
    typeof value === "string"
      ? shortened(redact(value.slice(0, MAX_READ_LENGTH)), MAX_LENGTH)
      : value,
  );
  // JSON leaves these two unescaped, and some readers end a line at them
  return json.replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

/** The text without anything that looks like a secret. */
export function redact(text: string): string {
  return SECRETS.reduce(
    (redacted, [pattern, replacement]) => redacted.replace(pattern, replacement),
    text,
  );
}
