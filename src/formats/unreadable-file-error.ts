/**
 * A file whose rest cannot be read: it is cut off, in another format or encoding, or too large. For a single unreadable
 * row see {@link RowProblem}.
 *
 * Formats do not know the domain's error codes. The caller turns this error into `file-unreadable`.
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
