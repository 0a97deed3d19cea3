/** The place of a file in storage. */
export interface FilePath {
  readonly container: string;
  readonly name: string;
}

export interface ListedFile {
  readonly path: FilePath;
  /** Time of the last write or label. */
  readonly changedAt: Date;
}

export interface ByteRange {
  readonly from: number;
  /** Position after the last byte. */
  readonly to: number;
}

/** An open file in storage. */
export interface StoredFile {
  /** Size of the whole file, even if only a part is read. */
  readonly bytes: number;
  /** Read only as fast as it is taken. */
  readonly content: AsyncIterable<Uint8Array>;
  /** As the writer of the file set it. */
  readonly contentType: string | null;
}
