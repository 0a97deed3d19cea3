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
 * now. A file is lost if it becomes visible later than that after its own time.
 */
const ByNewFiles = z.strictObject({
  by: z
    .literal("new-files")
    .describe(
      "Reads files that were written or overwritten since the last read, by the storage's time; each is read whole. A file that is moved here with its old time is not found. A deleted file is not noticed.",
    ),
  settleMs: z
    .int()
    .min(2_000)
    .max(7 * DAY_MS)
    .default(60_000)
    .describe(
      "How long a file must be unchanged before it is read, in milliseconds; newer files wait for the next run. Must be longer than the storage's clocks differ.",
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
    blob: BlobName.optional().describe("Name of the only file to read; instead of `prefix`."),
    prefix: z
      .string()
      .max(1_024)
      .regex(/^\P{Cc}*$/u, "must not hold control characters")
      .optional()
      .describe(
        'Reads every file whose name begins like this, e.g. `in/items/`, in folders below too; `""`: every file of the container. The order is by time of the last change, then by name.',
      ),
    suffix: BlobName.optional().describe(
      "Together with `prefix`: only files whose name ends like this, e.g. `.csv`; case matters.",
    ),
    format: RowImportFormat.describe("Format of the files."),
    decompression: Decompression.default("auto").describe(
      "Compression of the files; `auto`: gzip if they start like gzip.",
    ),
    columns: z
      .array(ImportColumn)
      .min(1)
      .max(1_000)
      .describe(
        "The columns of the rows, and how their values are read from the files. A value or row that cannot be read fails the run. A field that a row does not mention becomes null.",
      ),
    incremental: z
      .discriminatedUnion("by", [ByNewFiles, Never])
      .describe("How an incremental run finds changes."),
    whenEmpty: z
      .enum(["refuse", "skip"])
      .default("refuse")
      .describe(
        "How to treat a file of no bytes, which is often a failed upload: `refuse` it, which fails the run, or `skip` it.",
      ),
    maxFiles: z
      .int()
      .min(1)
      .max(100_000)
      .default(10_000)
      .describe("A run that would read more files fails."),
  })
  .superRefine(({ blob, prefix, suffix, columns }, context) => {
    const problem = (path: (string | number)[], message: string) =>
      context.addIssue({ code: "custom", path, message });
    if ((blob === undefined) === (prefix === undefined)) {
      problem(["blob"], 'must stand here, or "prefix" instead: exactly one of the two');
    }
    if (suffix !== undefined && prefix === undefined) {
      problem(["suffix"], 'is only allowed with "prefix"');
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
