import type { FilePath } from "../files.ts";

/** The consumers' view of a file. */
export interface PublishedFile {
  readonly fileType: string;
  /** Number in the ledger of its file type: 1, 2, 3, ... without gaps. */
  readonly sequence: number;
  readonly fileId: string;
  /** The run that made the file. */
  readonly correlationId: string;
  readonly path: FilePath;
  readonly uri: string;
  readonly contentType: string;
  readonly contentEncoding: "gzip" | null;
  readonly entity: string;
  readonly records: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly mode: "full" | "incremental";
  readonly window: { readonly from: string | null; readonly to: string | null };
  readonly fullBecause: string | null;
  readonly publishedAt: Date;
}

/** A line of the ledger. Its existence makes the file published. */
export interface LedgerEntry extends PublishedFile {
  /** Origin of the entry, e.g. the run. One origin has one entry. */
  readonly originId: string;
  /** Start of the source's next read once this entry exists; null when the origin has no cursor. */
  readonly nextCursor: string | null;
  /** Retention in days at the time of publication; undefined for old entries. */
  readonly retentionDays?: number;
  /** Time of the file's deletion; null while the file is kept. The entry stays as proof. */
  readonly deletedAt: Date | null;
}

/** The origin ended without a file. A later publication is refused. */
export class OriginClosed extends Error {}

/** An entry without a number. */
export type EntryDraft = Omit<LedgerEntry, "sequence" | "deletedAt">;

/** The part of an entry that consumers may see. */
export function publishedFile(entry: LedgerEntry): PublishedFile {
  const { fileType, sequence, fileId, correlationId, path, uri, contentType, contentEncoding } =
    entry;
  const { entity, records, bytes, sha256, mode, window, fullBecause, publishedAt } = entry;
  return {
    fileType,
    sequence,
    fileId,
    correlationId,
    path,
    uri,
    contentType,
    contentEncoding,
    entity,
    records,
    bytes,
    sha256,
    mode,
    window,
    fullBecause,
    publishedAt,
  };
}

/** Last part of the file's path: the file's name for partners. */
export function fileName(file: PublishedFile): string {
  return file.path.name.slice(file.path.name.lastIndexOf("/") + 1);
}
