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
