/** A file in storage, opened. */
export interface StoredFile {
  /** Of the whole file, whichever part is read. */
  readonly bytes: number;
  /** Read only as fast as it is taken. */
  readonly content: AsyncIterable<Uint8Array>;
  /** As whoever wrote the file said. */
  readonly contentType: string | null;
}
