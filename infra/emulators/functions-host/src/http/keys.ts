import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

/**
 * Whether a request carries the key, as header `x-functions-key` or query value `code`. Without a key to compare with
 * everything passes, as under Core Tools.
 */
export function hasKey(
  request: IncomingMessage,
  query: URLSearchParams,
  key: string | null,
): boolean {
  const given = request.headers["x-functions-key"] ?? query.get("code") ?? "";
  return key === null || timingSafeEqual(digest(String(given)), digest(key));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
