/**
 * The charset of a file's text: a name of the Encoding Standard, or `utf-16`. The byte order mark then says which
 * UTF-16; without a mark it is little-endian.
 *
 * @see https://encoding.spec.whatwg.org/#names-and-labels
 */
export type Charset = string;

/**
 * The Encoding Standard reads ASCII as windows-1252. Only ASCII may be in such a file, which reading it as UTF-8
 * checks.
 */
const ASCII_REGEXP = /^(?:us-)?ascii$|^ansi_x3\.4-1968$|^iso_?646/;

/** @returns null for an unknown charset */
export function charsetOf(label: string): Charset | null {
  const name = label.trim().toLowerCase();
  if (name === "utf-16") {
    return name;
  }
  if (ASCII_REGEXP.test(name)) {
    return "utf-8";
  }
  try {
    return new TextDecoder(name).encoding;
  } catch {
    return null;
  }
}
