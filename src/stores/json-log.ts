import { type Log, levelOf } from "../domain/log-events.ts";
import { factsAround } from "../domain/log-facts.ts";
import { shortened } from "../formats/shortened.ts";

/** Longer texts are cut; a stack has its point at the beginning. */
const MAX_LENGTH = 8_000;
/** What is looked at for secrets: each pattern takes one pass over it, and no text makes that a long one. */
const MAX_READ_LENGTH = 2 * MAX_LENGTH;

const SECRET_NAMES =
  "password|passwd|passphrase|pwd|(?:client[_-]?)?secret|client[_-]?assertion|(?:access|refresh|id)[_-]?token|" +
  "(?:account|shared[_-]?access|api|functions|subscription)[_-]?key|shared[_-]?access[_-]?signature";

/** What must never be read in a log, whoever put it into a message. */
const SECRETS: readonly [RegExp, string][] = [
  // JSON Web Tokens
  [/eyJ[\w-]{4,1000}\.[\w-]{4,}(?:\.[\w-]*)*/g, "***"],
  [/\bwhsec_[\w+/=-]+/g, "***"],
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]*(?:-----END[^-]*-----)?/g, "***"],
  // user and password in a URL; a password may hold "/" and "@" that nobody has encoded
  [/(:\/\/)[^\s"'<>/?#]{1,512}@/g, "$1***@"],
  [/(:\/\/[^\s"'<>/:@]{0,128}:)[^\s"'<>]{1,512}@/g, "$1***@"],
  // parts of signed URLs and of the tokens of Service Bus
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
 * One JSON object a line: what happened, and its facts. Line breaks in facts are escaped, so that nobody can forge a
 * line; secrets are taken out, and long texts are cut.
 *
 * @param write takes one line without its line end
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
  // JSON leaves these two as they are, and some readers of lines end a line there
  return json.replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

/** The text without anything that looks like a secret. */
export function redact(text: string): string {
  return SECRETS.reduce(
    (redacted, [pattern, replacement]) => redacted.replace(pattern, replacement),
    text,
  );
}
