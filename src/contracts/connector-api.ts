import { z } from "zod";
import { Guid } from "./ids.ts";

/**
 * Answer of `GET /api/connector/dequeue/{activityId}`. Names and capitals as existing clients read them.
 *
 * Never add members named `MessageStatus` or `DataJobState`: a known client parses them as enums and fails.
 */
export interface DequeueResponse {
  /** The message id; opaque to clients. */
  readonly CorrelationId: string;
  /** Changes with every dequeue. */
  readonly PopReceipt: string;
  /** Absolute, on our own public host, answered with 200 and the file itself. */
  readonly DownloadLocation: string;
  readonly IsDownLoadFileExist: true;
  readonly FileDownLoadErrorMessage: null;
  /** Null the first time; the previous dequeue when the file is handed out again. ISO 8601, UTC. */
  readonly LastDequeueDateTime: string | null;
  /** Not in the original: what to call the file, and what is in it. */
  readonly FileName: string;
  readonly ContentType: string;
  readonly ContentEncoding: string | null;
  readonly Size: number;
  readonly Sha256: string;
  readonly Records: number;
}

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
export interface UploadResponse {
  /** Takes one file, by `PUT` with `x-ms-blob-type: BlockBlob` or in blocks. */
  readonly uploadUrl: string;
  /** For `POST /api/connector/enqueue/{activityId}?upload=`. */
  readonly uploadId: string;
  /** When `uploadUrl` ends. ISO 8601, UTC. */
  readonly expiresAt: string;
}

/** Query of `GET /api/connector/dequeue/{activityId}`. Others that clients send are ignored. */
export const DequeueQuery = z.object({
  /** Asks for several messages; the answer is a {@link DequeueManyResponse} then. */
  max: z.coerce.number().int().min(1).max(33).optional(),
});

/** Answer of `GET /api/connector/dequeue/{activityId}?max=`. */
export interface DequeueManyResponse {
  /** At least one. Fewer than `max` does not mean that no more are waiting. */
  readonly value: readonly DequeueResponse[];
}

/** Query of `GET /api/connector/peek/{activityId}`. */
export const PeekQuery = z.object({
  max: z.coerce.number().int().min(1).max(100).default(33),
});

/** Answer of `GET /api/connector/peek/{activityId}`: what the next dequeues would hand out, in their order. */
export interface PeekResponse {
  readonly value: readonly PeekedMessage[];
}

export interface PeekedMessage
  extends Pick<
    DequeueResponse,
    | "CorrelationId"
    | "LastDequeueDateTime"
    | "FileName"
    | "ContentType"
    | "ContentEncoding"
    | "Size"
    | "Sha256"
    | "Records"
  > {
  /** When the file was published. ISO 8601, UTC. */
  readonly PublishedDateTime: string;
  /** How often it was handed out before. */
  readonly DequeueCount: number;
}

/** Body of `POST /api/connector/renew/{activityId}`: the dequeue answer, or any part of it that has these two. */
export const LeaseRequest = z.object({
  CorrelationId: Guid,
  PopReceipt: z.string().min(1).max(1_000),
});

/** Answer of `POST /api/connector/renew/{activityId}`. */
export interface RenewResponse {
  readonly CorrelationId: string;
  /** The same as before. */
  readonly PopReceipt: string;
  /** When the message is handed out again unless it is acknowledged or renewed before. ISO 8601, UTC. */
  readonly LeaseEndDateTime: string;
}

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
