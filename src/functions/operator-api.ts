import { z } from "zod";

/** What operators are answered about exports, connectors and the ledger. Instants are ISO 8601 in UTC. */

const Instant = z.iso.datetime();
const Mode = z.enum(["full", "incremental"]);

/** One page of a list. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    items: z.array(item).describe("This page of the list."),
    next: z.string().nullable().describe("`after` of the next page; null on the last one."),
  });

/** Query of every list. */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1_000).default(100).describe("How many at most."),
  after: z
    .string()
    .regex(/^[\x20-\x7e]{0,300}$/, 'must be the "next" of the page before')
    .optional()
    .describe("The `next` of the page before."),
});

/** Body of `POST /api/exports/{id}/runs`; may be left out. */
export const RunNowRequest = z
  .strictObject({
    mode: Mode.default("incremental").describe(
      "Everything, or what has changed since the last run.",
    ),
  })
  .describe("How an export is to run.");

const Failure = z.object({
  code: z.string().describe("Names the failure."),
  message: z.string().describe("A sentence for people."),
  partnerMessage: z.string().optional().describe("What a partner is told instead."),
});

/** One execution of an export. */
export const RunAnswer = z
  .object({
    exportId: z.string().describe("The export."),
    runId: z.string().describe("Execution id, and correlation id of what the run publishes."),
    fileType: z.string().describe("File type that the run publishes."),
    state: z.enum(["queued", "running", "succeeded", "failed"]).describe("How far it is."),
    trigger: z
      .enum(["schedule", "request"])
      .describe("Whether its schedule or somebody asked for it."),
    dueAt: Instant.nullable().describe("The slot that led to it; null when somebody asked for it."),
    queuedAt: Instant.describe("When it was asked for."),
    startedAt: Instant.nullable().describe("When its first attempt was begun; null: not yet."),
    endedAt: Instant.nullable().describe("When it ended; null: not yet."),
    attempts: z.int().describe("How often it was begun."),
    postponements: z.int().describe("How many of these attempts ended by putting it off."),
    continuations: z
      .int()
      .describe(
        "How many of them ended with their time; the next ones went on where they stopped.",
      ),
    nextAttemptAt: Instant.nullable().describe("Until when it is put off; null when it is not."),
    mode: Mode.describe("What was asked for: everything, or what has changed."),
    package: z
      .object({
        executionId: z.string().describe("The partner's execution id."),
        applicationId: z.string().describe("Who ordered it."),
        packageName: z.string().describe("What the partner calls the package."),
        entities: z.array(z.string()).describe("Entities that it holds."),
        maxRows: z.int().nullable().describe("Most rows of each entity, in a preview; null: all."),
        retentionDays: z
          .int()
          .optional()
          .describe("Days that it is kept, as the export said then."),
      })
      .optional()
      .describe("Of a run that makes a data package for one partner and publishes nothing."),
    result: z
      .object({
        totalRecordsExported: z.int().describe("Rows in the file."),
        fileUploadedSuccessfully: z.boolean().describe("False when there was nothing to upload."),
        sequence: z.int().nullable().describe("Number of the file in the ledger."),
        bytes: z.int().describe("Size of the file as it is stored."),
        mode: Mode.describe("What the file holds: everything, or what has changed."),
        fullBecause: z
          .string()
          .nullable()
          .describe("Why an incremental export became a full one, when it did."),
        packageFile: z
          .object({
            container: z.string().describe("Container in storage."),
            name: z.string().describe("Blob in the container."),
          })
          .optional()
          .describe("Where a partner's package is."),
      })
      .nullable()
      .describe("What came of it; null when it did not succeed, or not yet."),
    failure: Failure.nullable().describe(
      "Why it failed; of a run that goes on, why it was put off last; null when nothing failed.",
    ),
  })
  .describe("One execution of an export.");
export type RunAnswer = z.infer<typeof RunAnswer>;

/** One due instant of a schedule, and what became of it. */
export const SlotAnswer = z
  .object({
    exportId: z.string().describe("The export."),
    dueAt: Instant.describe("The due instant; the first, where the record stands for several."),
    outcome: z
      .enum(["ran", "late", "skipped", "coalesced"])
      .describe("`coalesced`: the run of a later slot covers it."),
    reason: z
      .string()
      .nullable()
      .describe(
        "Why it led to no run of its own, or to a late one; null where there is nothing to say.",
      ),
    runId: z.string().nullable().describe("The run that it led to."),
    claimedAt: Instant.describe("When it was looked at."),
    count: z.int().describe("How many due instants in a row the record stands for."),
    throughAt: Instant.describe("The last of them."),
  })
  .describe("One due instant of a schedule, or a row of neighbouring ones that share a fate.");
export type SlotAnswer = z.infer<typeof SlotAnswer>;

/** A file, as the operator sees it. */
const FILE = {
  fileType: z.string().describe("What the file contains."),
  sequence: z.int().describe("Number in the ledger of its file type: 1, 2, 3, ... without gaps."),
  fileId: z.string().describe("Id of the file."),
  correlationId: z.string().describe("The run that made it."),
  contentType: z.string().describe("Media type of the file when it is not compressed."),
  contentEncoding: z
    .enum(["gzip"])
    .nullable()
    .describe("`gzip` when it is compressed; null otherwise."),
  entity: z.string().describe("Entity that it holds rows of; several by commas."),
  records: z.int().describe("Rows in it."),
  bytes: z.int().describe("Size as it is stored."),
  sha256: z.string().describe("Of the stored bytes, hexadecimal."),
  mode: Mode.describe("Everything, or what has changed since the file before."),
  window: z
    .object({
      from: z.string().nullable().describe("Null: from the beginning."),
      to: z.string().nullable().describe("Up to here."),
    })
    .describe("What it covers, in the source's own words."),
  fullBecause: z
    .string()
    .nullable()
    .describe("Why an incremental export became a full one, when it did."),
  publishedAt: Instant.describe("When it was entered in the ledger."),
} as const;

/** A line of the ledger. */
export const LedgerEntryAnswer = z
  .object({
    ...FILE,
    path: z
      .object({
        container: z.string().describe("Container."),
        name: z.string().describe("Blob in the container."),
      })
      .describe("Where it is in storage."),
    uri: z
      .string()
      .describe("Address in storage, as events have it; access needs a token or a signature."),
    originId: z.string().describe("What made the entry: one origin has one entry."),
    retentionDays: z
      .int()
      .optional()
      .describe(
        "Days that its file is kept, as its export said then; the export's word now counts.",
      ),
    deletedAt: Instant.nullable().describe(
      "When its file was deleted; the entry stays, as the proof.",
    ),
  })
  .describe("One published file, in the numbered sequence of its file type.");
export type LedgerEntryAnswer = z.infer<typeof LedgerEntryAnswer>;

/** A file at a connector, and what its partner did about it. */
export const DeliveryAnswer = z
  .object({
    connectorId: z.string().describe("The connector."),
    id: z.string().describe("What the partner knows as `CorrelationId`."),
    state: z
      .enum(["enqueued", "dequeued", "acked", "rejected", "expired"])
      .describe("What the partner has done about it so far."),
    file: z
      .object({ name: z.string().describe("What the partner is told to call it."), ...FILE })
      .describe("The file that it brings."),
    enqueuedAt: Instant.describe("When it came to the connector."),
    visibleAt: Instant.describe("From when on a dequeue may hand it out."),
    changedAt: Instant.describe("When its state changed last."),
    dequeues: z.int().describe("How often it was handed out."),
    lastDequeuedAt: Instant.nullable().describe("When it was handed out last; null: never."),
    downloadedAt: Instant.nullable().describe("When its file was fetched last, or began to be."),
    ackedAt: Instant.nullable().describe("When it was acknowledged; null: not yet."),
    unfetched: z
      .boolean()
      .optional()
      .describe(
        "True when it was acknowledged and its file was never fetched; requeue it if it is missed.",
      ),
    rejection: z
      .object({
        reason: z.string().describe("In the partner's words."),
        at: Instant.describe("When."),
      })
      .nullable()
      .describe("Why and when the partner set it aside; null when it did not."),
    requeues: z.int().describe("How often an operator sent it back."),
  })
  .describe("A file at a connector, and what its partner did about it.");
export type DeliveryAnswer = z.infer<typeof DeliveryAnswer>;
