import { z } from "zod";
import { Guid } from "./ids.ts";

/** ISO 8601, UTC. */
const Instant = z.iso.datetime();

/** What is in a file; not in the original. */
const FILE = {
  FileName: z.string().describe("What to call the file."),
  ContentType: z.string().describe("Media type of the file when it is not compressed."),
  ContentEncoding: z.enum(["gzip"]).nullable(),
  Size: z.int().describe("Bytes of the file as it is downloaded."),
  Sha256: z.string().describe("Of the bytes as they are downloaded, hexadecimal."),
  Records: z.int(),
} as const;

/**
 * Answer of `GET /api/connector/dequeue/{activityId}`. Names and capitals as existing clients read them.
 *
 * Never add members named `MessageStatus` or `DataJobState`: a known client parses them as enums and fails.
 */
export const DequeueResponse = z.object({
  CorrelationId: z.string().describe("The message id; opaque to clients."),
  PopReceipt: z.string().describe("Changes with every dequeue."),
  DownloadLocation: z
    .url()
    .describe("Absolute, on our own public host, answered with 200 and the file itself."),
  IsDownLoadFileExist: z.literal(true),
  FileDownLoadErrorMessage: z.null(),
  LastDequeueDateTime: Instant.nullable().describe(
    "Null the first time; the previous dequeue when the file is handed out again.",
  ),
  ...FILE,
});
export type DequeueResponse = z.infer<typeof DequeueResponse>;

/** Body of `POST /api/connector/ack/{activityId}`: the dequeue answer, or any part of it that has the id. */
export const AckRequest = z.object({
  CorrelationId: Guid,
  PopReceipt: z.string().max(1_000).nullish(),
});
export type AckRequest = z.infer<typeof AckRequest>;

/** A query value as clients of all ages write it: .NET Framework encodes what is not ASCII as `%uXXXX`, and that again. */
const QueryText = (maxLength: number) =>
  z
    .string()
    .transform((text) =>
      text
        .replace(/%u([0-9a-f]{4})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
        .trim(),
    )
    .pipe(
      z
        .string()
        .max(maxLength)
        .regex(/^\P{Cc}*$/u, "must not hold control characters"),
    )
    .transform((text) => (text === "" ? null : text))
    .nullish()
    .transform((text) => text ?? null);

const OptionalGuid = Guid.nullish().transform((id) => id ?? null);

/** Query of `POST /api/connector/enqueue/{activityId}`. Others that clients send are ignored. */
export const EnqueueQuery = z.object({
  /** Name of the entity that a single file is of. */
  entity: QueryText(200),
  company: QueryText(60),
  /** Id of an upload to hand in, instead of a body. */
  upload: OptionalGuid,
  /** Message whose bad rows, mended, the file brings. */
  parent: OptionalGuid,
});

/** Answer of `POST /api/connector/upload/{activityId}`. */
export const UploadResponse = z.object({
  uploadUrl: z
    .url()
    .describe("Takes one file, by `PUT` with `x-ms-blob-type: BlockBlob` or in blocks."),
  uploadId: z.string().describe("For `POST /api/connector/enqueue/{activityId}?upload=`."),
  expiresAt: Instant.describe("When `uploadUrl` ends."),
});
export type UploadResponse = z.infer<typeof UploadResponse>;

/** Query of `GET /api/connector/dequeue/{activityId}`. Others that clients send are ignored. */
export const DequeueQuery = z.object({
  /** Asks for several messages; the answer is a {@link DequeueManyResponse} then. */
  max: z.coerce.number().int().min(1).max(33).optional(),
});

/** Answer of `GET /api/connector/dequeue/{activityId}?max=`. */
export const DequeueManyResponse = z.object({
  value: z
    .array(DequeueResponse)
    .min(1)
    .describe("Fewer than `max` does not mean that no more are waiting."),
});
export type DequeueManyResponse = z.infer<typeof DequeueManyResponse>;

/** Query of `GET /api/connector/peek/{activityId}`. */
export const PeekQuery = z.object({
  max: z.coerce.number().int().min(1).max(100).default(33),
});

/** What waits at a connector, without a lease on it. */
export const PeekedMessage = z.object({
  CorrelationId: z.string(),
  LastDequeueDateTime: Instant.nullable(),
  ...FILE,
  PublishedDateTime: Instant.describe("When the file was published."),
  DequeueCount: z.int().describe("How often it was handed out before."),
});
export type PeekedMessage = z.infer<typeof PeekedMessage>;

/** Answer of `GET /api/connector/peek/{activityId}`: what the next dequeues would hand out, in their order. */
export const PeekResponse = z.object({ value: z.array(PeekedMessage) });
export type PeekResponse = z.infer<typeof PeekResponse>;

/** Body of `POST /api/connector/renew/{activityId}`: the dequeue answer, or any part of it that has these two. */
export const LeaseRequest = z.object({
  CorrelationId: Guid,
  PopReceipt: z.string().min(1).max(1_000),
});

/** Answer of `POST /api/connector/renew/{activityId}`. */
export const RenewResponse = z.object({
  CorrelationId: z.string(),
  PopReceipt: z.string().describe("The same as before."),
  LeaseEndDateTime: Instant.describe(
    "When the message is handed out again unless it is acknowledged or renewed before.",
  ),
});
export type RenewResponse = z.infer<typeof RenewResponse>;

/** Body of `POST /api/connector/release/{activityId}`. */
export const ReleaseRequest = LeaseRequest.extend({
  /** The message is handed out again only after so many seconds: 0 by default, at most 7 days. */
  DelaySeconds: z
    .int()
    .min(0)
    .max(604_800)
    .nullish()
    .transform((seconds) => seconds ?? 0),
});

/** Body of `POST /api/connector/reject/{activityId}`. */
export const RejectRequest = LeaseRequest.extend({
  /** For the operator: what is wrong with the file. Kept to 1,000 characters. */
  Reason: z
    .string()
    .trim()
    .min(1)
    .transform((text) => text.slice(0, 1_000).toWellFormed()),
});
