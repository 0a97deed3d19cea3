import type { IncomingMessage } from "node:http";

/** As the platform's web server has it. */
export const MAX_HEADER_BYTES = 32 * 1024;
const MAX_HEADER_LINES = 100;

/**
 * What the platform's web server refuses for its headers before anybody else sees it: more than it takes, a second
 * `Host`, and bytes that are not UTF-8. It decodes values as UTF-8; Node gives each byte as a character.
 *
 * @returns the status; null when it lets them pass
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
