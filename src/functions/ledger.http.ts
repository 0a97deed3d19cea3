import { z } from "zod";
import { FileType } from "../domain/ids.ts";
import { FILE_ANSWER } from "./file-answer.ts";
import { door } from "./http/door.ts";
import { PageQuery, pageOf, pageRequest } from "./http/page.ts";
import { parseRequest } from "./http/parse-request.ts";

const LedgerEntryAnswer = z
  .object({
    ...FILE_ANSWER,
    path: z
      .object({
        container: z.string().describe("Container."),
        name: z.string().describe("Blob in the container."),
      })
      .describe("Where it is in storage."),
    uri: z
      .string()
      .describe("Address in storage, as events have it; access needs a token or a signature."),
    originId: z.string().describe("Id of the origin, e.g. the run. One origin has one entry."),
    retentionDays: z
      .int()
      .optional()
      .describe(
        "Days that its file is kept, as its export said then; the export's word now counts.",
      ),
    deletedAt: z.iso
      .datetime()
      .nullable()
      .describe("When its file was deleted; the entry stays, as the proof."),
  })
  .meta({
    id: "LedgerEntry",
    description: "One published file, in the numbered sequence of its file type.",
  });

/** The ledger of a file type, for operators: every published file in its order. */
export const LEDGER_DOORS = [
  door({
    id: "ledger-list",
    tag: { name: "Ledger", description: "Every published file, numbered per file type." },
    caller: "operator",
    method: "get",
    path: "/api/ledger/{fileType}",
    summary: "List every published file of a file type",
    description: "Numbered without gaps. Entries stay when their files are deleted.",
    params: { fileType: FileType },
    query: PageQuery,
    answers: { 200: { description: "In order.", json: pageOf(LedgerEntryAnswer) } },
    refusals: { 400: "The file type or the query cannot be read." },
    subject: async (_, { params }) => parseRequest(FileType, params.fileType),
    handle: async (ports, { subject, query }) => ({
      status: 200,
      json: await ports.ledger.list(subject, pageRequest(query)),
    }),
  }),
];
