/**
 * A file that cannot be read on: cut off, in another format or encoding, or larger than it may be. A single row that
 * cannot be read is no such error, see {@link RowProblem}.
 *
 * Formats know nothing of the domain's error codes; who reads turns this into `file-unreadable`.
 */
export class UnreadableFileError extends Error {
  readonly because: string;

  /** @param because completes "Cannot read the file: ..." and names the row, line or byte */
  constructor(because: string, options?: ErrorOptions) {
    super(`Cannot read the file: ${because}`, options);
    this.name = "UnreadableFileError";
    this.because = because;
  }
}
