import { shownText } from "./shortened.ts";

/**
 * A value that the chosen format cannot hold, or that does not belong to its column's type.
 *
 * Formats do not know the domain's error codes. The pipeline turns this error into `value-not-representable`.
 */
export class NotRepresentableError extends Error {
  readonly column: string;

  /** @param because completes "value ... ", e.g. `is not JSON text` */
  constructor(column: string, cell: string, because: string) {
    super(`Cannot write column "${column}": value ${shownText(cell)} ${because}`);
    this.name = "NotRepresentableError";
    this.column = column;
  }
}
