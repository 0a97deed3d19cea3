import { z } from "zod";
import { findDefinition } from "../domain/definitions/find-definition.ts";
import { requestRun } from "../domain/exports/request-run.ts";
import { DefinitionId } from "../domain/ids.ts";
import { jsonBody } from "./http/body.ts";
import { type CallHead, type DoorPorts, door } from "./http/door.ts";
import { PageQuery, pageOf, pageRequest } from "./http/page.ts";

const Instant = z.iso.datetime();
const Mode = z.enum(["full", "incremental"]);

const RunNowRequest = z
  .strictObject({
    mode: Mode.default("incremental").describe(
      "Everything, or what has changed since the last run.",
    ),
  })
  .meta({
    id: "RunRequest",
    description: "How an export is to run.",
    examples: [{ mode: "full" }],
  });

const Failure = z.object({
  code: z.string().describe("Names the failure."),
  message: z.string().describe("A sentence for people."),
  partnerMessage: z.string().optional().describe("Text for partners, if it differs."),
});

const RunAnswer = z
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
    mode: Mode.describe("The requested mode: everything, or only changes."),
    package: z
      .object({
        executionId: z.string().describe("The partner's execution id."),
        applicationId: z.string().describe("Who ordered it."),
        packageName: z.string().describe("The partner's name for the package."),
        entities: z.array(z.string()).describe("Entities that it holds."),
        maxRows: z.int().nullable().describe("Most rows of each entity, in a preview; null: all."),
        retentionDays: z
          .int()
          .optional()
          .describe("Days that it is kept, as the export said then."),
      })
      .optional()
      .describe(
        "Only if the run makes a data package for one partner. Such a run publishes nothing.",
      ),
    result: z
      .object({
        totalRecordsExported: z.int().describe("Rows in the file."),
        fileUploadedSuccessfully: z.boolean().describe("False when there was nothing to upload."),
        sequence: z.int().nullable().describe("Number of the file in the ledger."),
        bytes: z.int().describe("Size of the file as it is stored."),
        mode: Mode.describe("The actual mode of the file: everything, or only changes."),
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
      .describe("The result; null until the run has succeeded."),
    failure: Failure.nullable().describe(
      "Why it failed; of a run that goes on, why it was put off last; null when nothing failed.",
    ),
  })
  .meta({ id: "Run", description: "One execution of an export." });

const SlotAnswer = z
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
  .meta({
    id: "Slot",
    description: "One due instant of a schedule, or a row of neighbouring ones that share a fate.",
  });

const ABOUT = {
  tag: { name: "Exports", description: "Runs and slots of exports." },
  caller: "operator",
  params: { id: DefinitionId },
  refusals: { 400: "The request cannot be read.", 404: "There is no such export." },
} as const;

const ofExport = (ports: DoorPorts, { params }: CallHead<"id">) =>
  findDefinition(ports, "exports", params.id);

/** Runs and slots of exports, for operators. */
export const EXPORT_DOORS = [
  door({
    ...ABOUT,
    id: "exports-run-now",
    method: "post",
    path: "/api/exports/{id}/runs",
    summary: "Run an export now",
    description: "It waits for a run of the same export that is going on.",
    body: jsonBody(RunNowRequest, {}),
    answers: { 202: { description: "The run, as it waits.", json: RunAnswer } },
    handle: async (ports, { params, body }) => {
      const { id } = await findDefinition(ports, "exports", params.id);
      return { status: 202, json: await requestRun(ports, { exportId: id, mode: body.mode }) };
    },
  }),
  door({
    ...ABOUT,
    id: "exports-runs",
    method: "get",
    path: "/api/exports/{id}/runs",
    summary: "List the runs of an export",
    description: "Those that wait and those that go on are among them.",
    query: PageQuery,
    answers: { 200: { description: "Newest first.", json: pageOf(RunAnswer) } },
    subject: ofExport,
    handle: async (ports, { subject, query }) => ({
      status: 200,
      json: await ports.runs.listRuns(subject.id, pageRequest(query)),
    }),
  }),
  door({
    ...ABOUT,
    id: "exports-slots",
    method: "get",
    path: "/api/exports/{id}/slots",
    summary: "List every due instant and what became of it",
    description: "Times without a run are listed too, with the reason.",
    query: PageQuery,
    answers: { 200: { description: "Latest first.", json: pageOf(SlotAnswer) } },
    subject: ofExport,
    handle: async (ports, { subject, query }) => ({
      status: 200,
      json: await ports.runs.listSlots(subject.id, pageRequest(query)),
    }),
  }),
];
