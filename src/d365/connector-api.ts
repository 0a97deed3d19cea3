import { z } from "zod";
import { Guid } from "../domain/ids.ts";

/** ISO 8601, UTC. */
const Instant = z.iso.datetime();

/** Facts about the file; the original does not have them. */
export const FileFacts = z.object({
  FileName: z.string().describe("The file name."),
  ContentType: z.string().describe("Media type of the file when it is not compressed."),
  ContentEncoding: z
    .enum(["gzip"])
    .nullable()
    .describe("`gzip` when the file is compressed: unpack what was downloaded. Null otherwise."),
  Size: z.int().describe("Bytes of the file as it is downloaded."),
  Sha256: z.string().describe("SHA-256 of the downloaded bytes, hexadecimal."),
  Records: z.int().describe("Rows in the file."),
  FileType: z.string().describe("Content of the file."),
  Sequence: z.int().describe("Number of the file among all of its type: 1, 2, 3, ..."),
  PreviousSequence: z
    .int()
    .nullable()
    .describe(
      "Number of the file of the same type that came to this connector before. A file between the two was not for this connector. Null: it is the first, or an earlier version put it here.",
    ),
});

const MESSAGE_ID = "01a1fadb-6b89-80a1-aef3-768b80430821";
const LEASE = { CorrelationId: MESSAGE_ID, PopReceipt: "rnrhOdt8n3sK1fdJcm7Cgg" } as const;
const DEQUEUED = {
  ...LEASE,
  DownloadLocation: `https://integration.example.com/api/connector/download/5d1c6c1e-0f43-4a7d-8a0e-3b6f2f4f9c33?correlation-id=${MESSAGE_ID}&blob=d0294a00-2b1d-4462-acff-a6c0520adb40`,
  IsDownLoadFileExist: true,
  FileDownLoadErrorMessage: null,
  LastDequeueDateTime: null,
  FileName: "01a1fadb-6a1a-7d52-b102-4f7c38ad3d16.csv.gz",
  ContentType: "text/csv",
  ContentEncoding: "gzip",
  Size: 5_120,
  Sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  Records: 212,
  FileType: "Shop.ItemChanges",
  Sequence: 42,
  PreviousSequence: 41,
} as const;

/**
 * Answer of `GET /api/connector/dequeue/{activityId}`. Names and capitals as existing clients read them.
 *
 * Never add members named `MessageStatus` or `DataJobState`: a known client parses them as enums and fails.
 */
export const DequeueResponse = z
  .object({
    CorrelationId: z.string().describe("The message id; opaque to clients."),
    PopReceipt: z.string().describe("Changes with every dequeue."),
    DownloadLocation: z
      .url()
      .describe("Absolute, on our own public host, answered with 200 and the file itself."),
    IsDownLoadFileExist: z.literal(true).describe("Always true; existing clients look at it."),
    FileDownLoadErrorMessage: z.null().describe("Always null; existing clients look at it."),
    LastDequeueDateTime: Instant.nullable().describe(
      "Null the first time; the previous dequeue when the file is handed out again.",
    ),
    ...FileFacts.shape,
  })
  .meta({
    id: "DequeueResponse",
    description: "A message, leased to the caller.",
    examples: [DEQUEUED],
  });
export type DequeueResponse = z.infer<typeof DequeueResponse>;

/** Body of `POST /api/connector/ack/{activityId}`: the dequeue answer, or any part of it that has the id. */
export const AckRequest = z
  .object({
    CorrelationId: Guid.describe("Id of the message, from the dequeue answer."),
    PopReceipt: z
      .string()
      .max(1_000)
      .nullish()
      .describe(
        "From the dequeue answer. With it, only this lease is ended; without it, whichever the message has.",
      ),
  })
  .meta({
    id: "AckRequest",
    description: "The dequeue answer, or any part of it that has the id.",
    examples: [LEASE],
  });

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
  entity: QueryText(200).describe("Name of the entity that a single file is of."),
  company: QueryText(60).describe(
    "Company that the rows belong to, for imports that put it into a column.",
  ),
  upload: OptionalGuid.describe("Id of an upload that is sent instead of a body."),
  parent: OptionalGuid.describe("Message whose bad rows, mended, the file brings."),
});

/** Answer of `POST /api/connector/upload/{activityId}`. */
export const UploadResponse = z
  .object({
    uploadUrl: z
      .url()
      .describe("Takes one file, by `PUT` with `x-ms-blob-type: BlockBlob` or in blocks."),
    uploadId: z.string().describe("For `POST /api/connector/enqueue/{activityId}?upload=`."),
    expiresAt: Instant.describe("When `uploadUrl` ends."),
  })
  .meta({ id: "UploadResponse", description: "Where to put a large file." });

/** Query of `GET /api/connector/dequeue/{activityId}`. Others that clients send are ignored. */
export const DequeueQuery = z.object({
  max: z.coerce
    .number()
    .int()
    .min(1)
    .max(33)
    .optional()
    .describe("Asks for several messages, up to so many; the answer is a list then."),
});

/** Answer of `GET /api/connector/dequeue/{activityId}?max=`. */
export const DequeueManyResponse = z
  .object({
    value: z
      .array(DequeueResponse)
      .min(1)
      .describe("Fewer than `max` does not mean that no more are waiting."),
  })
  .meta({ id: "DequeueManyResponse", description: "Messages, leased to the caller." });

/** Query of the download of a file. */
export const DownloadQuery = z.object({
  "correlation-id": Guid.describe("Id of the message."),
  blob: z.string().optional().describe("Id of the file; 404 when the message brings another."),
});

/** Query of `GET /api/connector/peek/{activityId}`. */
export const PeekQuery = z.object({
  max: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(33)
    .describe("How many messages to show at most."),
});

/** A delivery that waits at a connector, without a lease on it. */
const PeekedMessage = z
  .object({
    CorrelationId: z.string().describe("The message id."),
    LastDequeueDateTime: Instant.nullable().describe("When it was handed out last; null: never."),
    ...FileFacts.shape,
    PublishedDateTime: Instant.describe("When the file was published."),
    DequeueCount: z.int().describe("How often it was handed out before."),
  })
  .meta({ id: "PeekedMessage", description: "A message that waits, without a lease on it." });
export type PeekedMessage = z.infer<typeof PeekedMessage>;

/** Answer of `GET /api/connector/peek/{activityId}`: what the next dequeues would hand out, in their order. */
export const PeekResponse = z
  .object({ value: z.array(PeekedMessage).describe("Messages, the next one first.") })
  .meta({
    id: "PeekResponse",
    description: "The messages that the next dequeues would give out, in their order.",
  });

/** Body of `POST /api/connector/renew/{activityId}`: the dequeue answer, or any part of it that has these two. */
export const LeaseRequest = z
  .object({
    CorrelationId: Guid.describe("Id of the message, from the dequeue answer."),
    PopReceipt: z
      .string()
      .min(1)
      .max(1_000)
      .describe("From the dequeue answer: proves that the lease is still the caller's."),
  })
  .meta({
    id: "LeaseRequest",
    description: "The dequeue answer, or any part of it that has these two.",
  });

/** Answer of `POST /api/connector/renew/{activityId}`. */
export const RenewResponse = z
  .object({
    CorrelationId: z.string().describe("The message id."),
    PopReceipt: z.string().describe("The same as before."),
    LeaseEndDateTime: Instant.describe(
      "When the message is handed out again unless it is acknowledged or renewed before.",
    ),
  })
  .meta({ id: "RenewResponse", description: "The lease as it is now." });

/** Body of `POST /api/connector/release/{activityId}`. */
export const ReleaseRequest = LeaseRequest.extend({
  DelaySeconds: z
    .int()
    .min(0)
    .max(604_800)
    .nullish()
    .transform((seconds) => seconds ?? 0)
    .describe(
      "The message is handed out again only after so many seconds: 0 by default, at most 7 days.",
    ),
}).meta({ id: "ReleaseRequest", description: "Which message to give back, and for how long." });

/** Body of `POST /api/connector/reject/{activityId}`. */
export const RejectRequest = LeaseRequest.extend({
  Reason: z
    .string()
    .trim()
    .min(1)
    .transform((text) => text.slice(0, 1_000).toWellFormed())
    .describe("For the operator: what is wrong with the file. Kept to 1,000 characters."),
}).meta({
  id: "RejectRequest",
  description: "Which message to set aside, and why.",
  examples: [{ ...LEASE, Reason: "Line 17 has no item number" }],
});
