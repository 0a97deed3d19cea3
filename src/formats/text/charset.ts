/**
 * What the text of a file is written in: a charset of the Encoding Standard by its name there; or `utf-16`, which is what
 * its byte order mark says, else little-endian.
 *
 * @see https://encoding.spec.whatwg.org/#names-and-labels
 */
export type Charset = string;

/** The Encoding Standard takes ASCII for windows-1252; nothing but ASCII is right in it, which UTF-8 checks. */
const ASCII_REGEXP = /^(?:us-)?ascii$|^ansi_x3\.4-1968$|^iso_?646/;

/** @returns null when nobody here knows the charset */
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
