const MAX_SHOWN_LENGTH = 40;

/** A value for an error message: in JSON quotes and cut to 40 characters, so that it stays on one line of a log. */
export function shownText(text: string): string {
  return text.length <= MAX_SHOWN_LENGTH
    ? JSON.stringify(text)
    : `${JSON.stringify(text.slice(0, MAX_SHOWN_LENGTH))}... (${text.length} characters)`;
}

/**
 * Cuts a text that is longer, and marks it with dots. It never cuts between the halves of a character pair, and removes
 * single halves, so that JSON can hold the text.
 */
export function shortened(text: string, maxCharacters: number): string {
  const start =
    text.length <= maxCharacters
      ? text
      : `${text.slice(0, maxCharacters).replace(/[\ud800-\udbff]$/, "")}...`;
  return start.toWellFormed();
}

const MAX_KEPT_LENGTH = 200;

/** A short copy, made through bytes: a slice would keep the whole text around it in memory. */
export function shortenedCopy(text: string): string {
  const start = Buffer.from(text.slice(0, MAX_KEPT_LENGTH), "utf16le").toString("utf16le");
  return text.length <= MAX_KEPT_LENGTH ? start : `${start}...`;
}
