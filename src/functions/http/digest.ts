/**
 * Entity tag of a file: strong, as the same tag means the same bytes.
 *
 * @param sha256 in hexadecimal
 */
export function entityTag(sha256: string): string {
  return `"${sha256}"`;
}

/**
 * Digest of the whole file, also where only a part of it is sent.
 *
 * @param sha256 in hexadecimal
 * @see https://www.rfc-editor.org/rfc/rfc9530#section-3
 */
export function reprDigest(sha256: string): string {
  return `sha-256=:${Buffer.from(sha256, "hex").toString("base64")}:`;
}
