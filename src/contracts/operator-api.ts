import { z } from "zod";

/** What operators are answered about exports, connectors and the ledger. Instants are ISO 8601 in UTC. */

const Instant = z.iso.datetime();
const Mode = z.enum(["full", "incremental"]);

/** One page of a list. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    items: z.array(item),
    next: z.string().nullable().describe("`after` of the next page; null on the last one."),
  });

/** Query of every list. */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  /** The `next` of the page before. */
  after: z
    .string()
    .regex(/^[\x20-\x7e]{0,300}$/, 'must be the "next" of the page before')
    .optional(),
});

/** Body of `POST /api/exports/{id}/runs`; may be left out. */
export const RunRequest = z.strictObject({ mode: Mode.default("incremental") });

const Failure = z.object({ code: z.string(), message: z.string() });

/** One execution of an export. */
export const RunAnswer = z.object({
  exportId: z.string(),
  runId: z.string().describe("Execution id, and correlation id of what the run publishes."),
  fileType: z.string(),
  state: z.enum(["queued", "running", "succeeded", "failed"]),
  trigger: z.enum(["schedule", "request"]),
  dueAt: Instant.nullable().describe("The slot that led to it; null when somebody asked for it."),
  queuedAt: Instant,
  startedAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  attempts: z.int(),
  mode: Mode,
  package: z
    .object({
      executionId: z.string(),
      applicationId: z.string(),
      packageName: z.string(),
      entities: z.array(z.string()),
      maxRows: z.int().nullable(),
    })
    .optional()
    .describe("Of a run that makes a data package for one partner and publishes nothing."),
  result: z
    .object({
      totalRecordsExported: z.int(),
      fileUploadedSuccessfully: z.boolean().describe("False when there was nothing to upload."),
      sequence: z.int().nullable().describe("Number of the file in the ledger."),
      bytes: z.int(),
      mode: Mode,
      fullBecause: z
        .string()
        .nullable()
        .describe("Why an incremental export became a full one, when it did."),
      packageFile: z.object({ container: z.string(), name: z.string() }).optional(),
    })
    .nullable(),
  failure: Failure.nullable(),
});
export type RunAnswer = z.infer<typeof RunAnswer>;

/** One due instant of a schedule, and what became of it. */
export const SlotAnswer = z.object({
  exportId: z.string(),
  dueAt: Instant,
  outcome: z
    .enum(["ran", "late", "skipped", "coalesced"])
    .describe("`coalesced`: the run of a later slot covers it."),
  reason: z.string().nullable(),
  runId: z.string().nullable(),
  claimedAt: Instant,
  count: z.int().describe("How many due instants in a row the record stands for."),
  throughAt: Instant.describe("The last of them."),
});
export type SlotAnswer = z.infer<typeof SlotAnswer>;

/** A file, as the operator sees it. */
const FILE = {
  fileType: z.string(),
  sequence: z.int().describe("Number in the ledger of its file type: 1, 2, 3, ... without gaps."),
  fileId: z.string(),
  correlationId: z.string().describe("The run that made it."),
  contentType: z.string(),
  contentEncoding: z.enum(["gzip"]).nullable(),
  entity: z.string(),
  records: z.int(),
  bytes: z.int(),
  sha256: z.string(),
  mode: Mode,
  window: z.object({ from: z.string().nullable(), to: z.string().nullable() }),
  fullBecause: z.string().nullable(),
  publishedAt: Instant,
} as const;

/** A line of the ledger. */
export const LedgerEntryAnswer = z.object({
  ...FILE,
  path: z.object({ container: z.string(), name: z.string() }),
  uri: z.string(),
  originId: z.string().describe("What made the entry: one origin has one entry."),
  deletedAt: Instant.nullable().describe(
    "When its file was deleted; the entry stays, as the proof.",
  ),
});
export type LedgerEntryAnswer = z.infer<typeof LedgerEntryAnswer>;

/** A file at a connector, and what its partner did about it. */
export const MessageAnswer = z.object({
  activityId: z.string(),
  id: z.string().describe("What the partner knows as `CorrelationId`."),
  state: z.enum(["enqueued", "dequeued", "acked", "rejected", "expired"]),
  file: z.object({ name: z.string(), ...FILE }),
  enqueuedAt: Instant,
  visibleAt: Instant.describe("From when on a dequeue may hand it out."),
  changedAt: Instant,
  dequeues: z.int(),
  lastDequeuedAt: Instant.nullable(),
  downloadedAt: Instant.nullable().describe("When its file was fetched last, or began to be."),
  ackedAt: Instant.nullable(),
  rejection: z.object({ reason: z.string(), at: Instant }).nullable(),
  requeues: z.int(),
});
export type MessageAnswer = z.infer<typeof MessageAnswer>;
