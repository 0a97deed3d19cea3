import { shownText } from "./shortened.ts";

/**
 * A value that the chosen format cannot hold, or that is no value of its column's type.
 *
 * Formats know nothing of the domain's error codes; the pipeline turns this into `value-not-representable`.
 */
export class NotRepresentableError extends Error {
  readonly column: string;

  /** @param because completes "value ... ", e.g. `is no JSON text` */
  constructor(column: string, cell: string, because: string) {
    super(`Cannot write column "${column}": value ${shownText(cell)} ${because}`);
    this.name = "NotRepresentableError";
    this.column = column;
  }
}
