import { z } from "zod";

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
