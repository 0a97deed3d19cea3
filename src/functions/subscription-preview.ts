import { z } from "zod";
import { FILE_ANSWER } from "./file-answer.ts";

const PreviewedFile = z
  .object({
    fileType: FILE_ANSWER.fileType,
    sequence: FILE_ANSWER.sequence,
    entity: FILE_ANSWER.entity,
    records: FILE_ANSWER.records,
    publishedAt: FILE_ANSWER.publishedAt,
  })
  .meta({ id: "PreviewedFile", description: "A published file." });

/** Answer to a subscription that was sent with `preview`. */
export const SubscriptionPreviewAnswer = z
  .object({
    preview: z.literal(true).describe("Nothing was saved."),
    delivered: z
      .array(PreviewedFile)
      .describe("Files that it would have been given, newest first, at most 100."),
    noMore: z
      .array(PreviewedFile)
      .describe("Files that the stored subscription takes and this one does not, at most 100."),
    files: z.int().describe("Files of these types that were looked at."),
    isCut: z
      .boolean()
      .describe("Only the newest 1,000 files of a type were looked at, and there are more."),
    starts: z
      .record(z.string(), z.int())
      .describe("Number of the first file of each type, if it is saved now."),
  })
  .meta({
    id: "SubscriptionPreview",
    description: "Which files of the last days a changed subscription would have been given.",
  });

export const PreviewQuery = z.object({
  preview: z.coerce
    .number()
    .int()
    .min(1)
    .max(90)
    .optional()
    .describe(
      "Only for subscriptions: saves nothing, and tells which files of so many days it would have been given, and which no more.",
    ),
});
