import { z } from "zod";
import type { PublishedFile } from "./ledger-entry.ts";

/**
 * The announcement of one published file, as subscribers of the topic `file-available` receive it.
 *
 * `properties` is free for each blobType, but the members named here always exist.
 */
export const FileAvailableEvent = z.object({
  /** File type. */
  blobType: z.string(),
  /** The run that made the file (its execution id). */
  correlationId: z.string(),
  /** Media type of the file without compression. */
  contentType: z.string(),
  /** `gzip`, or absent for an uncompressed file. */
  contentEncoding: z.string().optional(),
  /** Address of the file; access needs a token or a SAS. */
  uri: z.string(),
  properties: z
    .object({
      entity: z.string(),
      records: z.number(),
      bytes: z.number(),
      /** SHA-256 of the stored bytes, hexadecimal. */
      sha256: z.string(),
      /** Number in the ledger of this file type: 1, 2, 3, ... without gaps. */
      sequence: z.number(),
      mode: z.enum(["full", "incremental"]),
      /** Start of the file's window, in the source's own words; null: from the beginning. */
      from: z.string().nullable(),
      to: z.string().nullable(),
      /** Why an incremental export became a full one: replace all data that you hold. */
      fullBecause: z.string().optional(),
    })
    .loose(),
});
export type FileAvailableEvent = z.infer<typeof FileAvailableEvent>;

/** The announcement of a file. It is always equal for the same file. */
export function fileAvailableEvent(file: PublishedFile): FileAvailableEvent {
  return {
    blobType: file.fileType,
    correlationId: file.correlationId,
    contentType: file.contentType,
    ...(file.contentEncoding === null ? {} : { contentEncoding: file.contentEncoding }),
    uri: file.uri,
    properties: {
      entity: file.entity,
      records: file.records,
      bytes: file.bytes,
      sha256: file.sha256,
      sequence: file.sequence,
      mode: file.mode,
      from: file.window.from,
      to: file.window.to,
      ...(file.fullBecause === null ? {} : { fullBecause: file.fullBecause }),
    },
  };
}

/** Id of a file's announcement: equal in every form that the announcement has. */
export function eventIdOf({ fileType, sequence }: PublishedFile): string {
  return `${fileType}:${sequence}`;
}

/** Type and source of a file's announcement, as CloudEvents name them. */
export function cloudEventNames({ fileType }: PublishedFile): { type: string; source: string } {
  return { type: "waybill.file-available", source: `/file-types/${fileType}` };
}

/** A Service Bus message that carries a {@link FileAvailableEvent}. */
export interface FileAvailableMessage {
  readonly messageId: string;
  readonly subject: string;
  readonly sessionId: string;
  readonly correlationId: string;
  readonly contentType: "application/json";
  readonly applicationProperties: Readonly<Record<string, string | number>>;
  readonly body: FileAvailableEvent;
}
