const MAX_SHOWN_LENGTH = 40;

/** A value for an error message: in JSON quotes and cut to 40 characters, so that it stays on one line of a log. */
export function shownText(text: string): string {
  return text.length <= MAX_SHOWN_LENGTH
    ? JSON.stringify(text)
    : `${JSON.stringify(text.slice(0, MAX_SHOWN_LENGTH))}... (${text.length} characters)`;
}
