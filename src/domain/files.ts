/** Where a file stands in storage. */
export interface FilePath {
  readonly container: string;
  readonly name: string;
}

export interface ListedFile {
  readonly path: FilePath;
  /** When it was written or labelled last. */
  readonly changedAt: Date;
}

export interface ByteRange {
  readonly from: number;
  /** Byte behind the last one. */
  readonly to: number;
}

/** A file in storage, opened. */
export interface StoredFile {
  /** Of the whole file, whichever part is read. */
  readonly bytes: number;
  /** Read only as fast as it is taken. */
  readonly content: AsyncIterable<Uint8Array>;
  /** As whoever wrote the file said. */
  readonly contentType: string | null;
}
