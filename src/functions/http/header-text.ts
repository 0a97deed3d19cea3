const MAX_TEXT_LENGTH = 255;

/**
 * The value of a header as text, without control characters and blanks at its ends, cut to 255 characters.
 *
 * The platform lets only ASCII through: other characters come percent-encoded, as UTF-8. Other text is
 * taken as it is.
 *
 * @returns null when nothing is left
 */
export function headerText(
  headers: { get(name: string): string | null },
  name: string,
): string | null {
  const text = decoded(headers.get(name) ?? "")
    .toWellFormed()
    .replace(/\p{Cc}/gu, "")
    .trim()
    .slice(0, MAX_TEXT_LENGTH)
    .toWellFormed();
  return text === "" ? null : text;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
