import type { FilePath } from "../files.ts";

/** A file as every consumer sees it. */
export interface PublishedFile {
  readonly fileType: string;
  /** Number in the ledger of its file type: 1, 2, 3, ... without gaps. */
  readonly sequence: number;
  readonly fileId: string;
  /** The run that made it. */
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

/** A line of the ledger: the file is published because this exists. */
export interface LedgerEntry extends PublishedFile {
  /** What made the entry, e.g. the run: one origin has one entry. */
  readonly originId: string;
  /** Where the source's next read starts once this entry exists; null when the origin has no cursor. */
  readonly nextCursor: string | null;
  /** For how many days the file is kept, as its definition said when it was published; of old entries unknown. */
  readonly retentionDays?: number;
  /** When its file was deleted; the entry stays, as the proof. Null as long as the file is kept. */
  readonly deletedAt: Date | null;
}

/** The origin came to its end without a file: what it publishes late is refused. */
export class OriginClosed extends Error {}

/** An entry that has no number yet. */
export type EntryDraft = Omit<LedgerEntry, "sequence" | "deletedAt">;

/** What consumers may see of an entry. */
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

/** Last part of the file's path: what a partner calls the file. */
export function fileName(file: PublishedFile): string {
  return file.path.name.slice(file.path.name.lastIndexOf("/") + 1);
}
