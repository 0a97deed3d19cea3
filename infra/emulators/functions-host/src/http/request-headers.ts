import type { IncomingMessage } from "node:http";

/** As in the platform's web server. */
export const MAX_HEADER_BYTES = 32 * 1024;
const MAX_HEADER_LINES = 100;

/**
 * Headers for which the platform's web server refuses a request before any function sees it: too many, a second `Host`,
 * and bytes that are not UTF-8. It decodes values as UTF-8; Node gives each byte as a character.
 *
 * @returns the status; null when the headers are allowed
 */
export function refusalOfHeaders({ rawHeaders }: IncomingMessage): number | null {
  const lines = rawHeaders.length / 2;
  const lineBytes = rawHeaders.reduce(
    (bytes, text) => bytes + text.length,
    lines * ": \r\n".length,
  );
  if (lines > MAX_HEADER_LINES || lineBytes > MAX_HEADER_BYTES) {
    return 431;
  }
  const hosts = rawHeaders.filter((text, at) => at % 2 === 0 && text.toLowerCase() === "host");
  return hosts.length > 1 || !rawHeaders.every(isUtf8) ? 400 : null;
}

function isUtf8(text: string): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(text, "latin1"));
    return true;
  } catch {
    return false;
  }
}
