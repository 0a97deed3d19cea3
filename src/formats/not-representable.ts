/**
 * A value that the chosen format cannot hold, or that is no value of its column's type.
 *
 * Formats know nothing of the domain's error codes; the pipeline turns this into `value-not-representable`.
 */
export class NotRepresentableError extends Error {
  readonly column: string;

  /** @param because completes "value ... ", e.g. `is no JSON text` */
  constructor(column: string, cell: string, because: string) {
    super(`Cannot write column "${column}": value ${shortened(cell)} ${because}`);
    this.name = "NotRepresentableError";
    this.column = column;
  }
}

const MAX_SHOWN_LENGTH = 40;

/** The value in JSON quotes, cut to 40 characters, so that it stays on one line of a log. */
function shortened(text: string): string {
  return text.length <= MAX_SHOWN_LENGTH
    ? JSON.stringify(text)
    : `${JSON.stringify(text.slice(0, MAX_SHOWN_LENGTH))}... (${text.length} characters)`;
}
