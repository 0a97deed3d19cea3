import { hash } from "node:crypto";

/** A short text that changes with a value: 132 bits of the SHA-256 of its JSON. */
export function shortDigest(value: unknown): string {
  return hash("sha256", JSON.stringify(value), "base64url").slice(0, 22);
}
