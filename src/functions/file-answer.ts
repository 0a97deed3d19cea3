import { z } from "zod";

/** A file, as the operator sees it. */
export const FILE_ANSWER = {
  fileType: z.string().describe("Kind of the content."),
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
  sha256: z.string().describe("SHA-256 of the stored bytes, hexadecimal."),
  mode: z
    .enum(["full", "incremental"])
    .describe("Everything, or what has changed since the file before."),
  window: z
    .object({
      from: z.string().nullable().describe("Null: from the beginning."),
      to: z.string().nullable().describe("Up to here."),
    })
    .describe("The covered window, in the source's own words."),
  fullBecause: z
    .string()
    .nullable()
    .describe("Why an incremental export became a full one, when it did."),
  publishedAt: z.iso.datetime().describe("When it was entered in the ledger."),
} as const;
