import { z } from "zod";
import { ConnectionName, Never } from "../../../domain/definitions/system-definition.ts";
import { isAppError } from "../../../domain/errors.ts";
import { ImportColumn } from "../../../domain/imports/import-column.ts";
import { checkColumns } from "../../../domain/imports/plan-rows.ts";
import { DAY_MS } from "../../../formats/day.ts";
import { Decompression } from "../../../formats/decompression.ts";
import { RowImportFormat } from "../../../formats/index.ts";
import { hasDotSegment } from "./blob-name.ts";

const BlobName = z
  .string()
  .min(1)
  .max(1_024)
  .regex(/^\P{Cc}+$/u, "must not hold control characters")
  .refine((name) => !hasDotSegment(name), 'must not hold "." or ".." between slashes');

/**
 * Reads the files that were changed since the last read, by the storage's own time. A read goes up to `settleMs` before
 * now: a file that becomes visible later than that after its own time is lost.
 */
const ByNewFiles = z.strictObject({
  by: z
    .literal("new-files")
    .describe(
      "Reads files that were written or overwritten since the last read, whole, by the time that the storage gave them. A file that is moved here with its old time is not found; a deleted one leaves no trace.",
    ),
  settleMs: z
    .int()
    .min(2_000)
    .max(7 * DAY_MS)
    .default(60_000)
    .describe(
      "A file is read once it has been left alone for so long, in milliseconds; newer ones wait for the next run. Longer than the clocks of the storage differ.",
    ),
});

/** Rows of the files in a container of a storage account. */
export const BlobDefinition = z
  .strictObject({
    kind: z.literal("blob").describe("Files in a container of a storage account."),
    connection: ConnectionName.describe("Name of the connection in the app's settings."),
    container: z
      .string()
      .regex(
        /^(?=.{3,63}$)[a-z0-9](?:-?[a-z0-9])*$/,
        "must be the name of a container: 3 to 63 lower-case letters, digits and single hyphens",
      )
      .describe("Name of the container."),
    blob: BlobName.optional().describe("Name of the only file to read; or `prefix` instead."),
    prefix: z
      .string()
      .max(1_024)
      .regex(/^\P{Cc}*$/u, "must not hold control characters")
      .optional()
      .describe(
        'Every file is read whose name begins so, e.g. `in/items/`, also in folders below; `""`: every file of the container. By the time of their last change, and by name where that is equal.',
      ),
    suffix: BlobName.optional().describe(
      "Beside `prefix`: only files whose name ends so, e.g. `.csv`; case counts.",
    ),
    format: RowImportFormat.describe("How each file is read."),
    decompression: Decompression.default("auto").describe(
      "How the files' bytes are packed; `auto`: gzip when they start like gzip.",
    ),
    columns: z
      .array(ImportColumn)
      .min(1)
      .max(1_000)
      .describe(
        "The columns of the rows, and how their values are read from the files. A value or a row that cannot be read ends the run. A field that a row does not mention becomes null.",
      ),
    incremental: z
      .discriminatedUnion("by", [ByNewFiles, Never])
      .describe("How an incremental run finds what has changed."),
    whenEmpty: z
      .enum(["refuse", "skip"])
      .default("refuse")
      .describe(
        "What to do with a file of no bytes, which is often an upload that has failed: `refuse` it, which ends the run, or `skip` it.",
      ),
    maxFiles: z
      .int()
      .min(1)
      .max(100_000)
      .default(10_000)
      .describe("A run that would read more files than this fails."),
  })
  .superRefine(({ blob, prefix, suffix, columns }, context) => {
    const problem = (path: (string | number)[], message: string) =>
      context.addIssue({ code: "custom", path, message });
    if ((blob === undefined) === (prefix === undefined)) {
      problem(["blob"], 'must stand here, or "prefix" instead: exactly one of the two');
    }
    if (suffix !== undefined && prefix === undefined) {
      problem(["suffix"], 'belongs to "prefix"');
    }
    const names = columns.map(({ name }) => name);
    for (const [index, column] of columns.entries()) {
      if (names.indexOf(column.name) !== index) {
        problem(["columns", index, "name"], "must not stand twice");
      }
      if (column.fact !== undefined && column.fact !== "row") {
        problem(["columns", index, "fact"], 'must be "row": these files come without a message');
      }
      const wrong = columnProblem(column);
      if (wrong !== null) {
        problem(["columns", index], wrong);
      }
    }
  });
export type BlobDefinition = z.infer<typeof BlobDefinition>;

function columnProblem(column: ImportColumn): string | null {
  try {
    checkColumns([column]);
    return null;
  } catch (error) {
    if (!isAppError(error)) {
      throw error;
    }
    return error.message;
  }
}
