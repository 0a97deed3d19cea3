import type { Log } from "../domain/ports.ts";

/** What must never be read in a log, whoever put it into a message. */
const SECRETS: readonly [RegExp, string][] = [
  [/([?&](?:sig|code|token|key)=)[^&\s"]+/gi, "$1***"],
  [/\b(?:eyJ[\w-]+\.){2}[\w-]*/g, "***jwt***"],
  [
    /((?:AccountKey|SharedAccessKey|SharedAccessSignature|Password|Pwd|client_secret)\s*=\s*)[^;&\s"]+/gi,
    "$1***",
  ],
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@"]*:)[^\s@"]+@/gi, "$1***@"],
  [/\bwhsec_[\w+/=-]+/g, "***"],
  [/(authorization["']?\s*[:=]\s*["']?\w+\s+)[^\s"']+/gi, "$1***"],
];

/**
 * One JSON object a line: what happened, and its facts. Line breaks in facts are escaped by JSON, so that nobody can
 * forge a line.
 *
 * @param write takes one line without its line end
 */
export function jsonLog(write: (line: string) => void): Log {
  return (event, facts = {}) => write(redact(JSON.stringify({ event, ...facts })));
}

/** The text without anything that looks like a secret. */
export function redact(text: string): string {
  return SECRETS.reduce(
    (redacted, [pattern, replacement]) => redacted.replace(pattern, replacement),
    text,
  );
}
