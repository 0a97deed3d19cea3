import { z } from "zod";
import { ColumnName, ColumnType, Constant } from "../../formats/rows.ts";
import { FilterText } from "../filters/filter.ts";

/** One column of the file: a column of the source, renamed or converted, or a constant. */
const ColumnOfSource = z
  .strictObject({
    name: ColumnName.describe("Name in the file."),
    from: ColumnName.optional().describe(
      "Column of the source; by default the one of the same name.",
    ),
    constant: Constant.nullable()
      .optional()
      .describe(
        "The same value in every row, instead of a column of the source; `null` makes a column of nulls.",
      ),
    type: ColumnType.optional().describe(
      "Type in the file; by default the source's type, and for a constant the type of its JSON value.",
    ),
    whenNull: Constant.optional().describe(
      "Value that replaces a null, written as a value of the column's type in the file.",
    ),
  })
  .refine((column) => column.from === undefined || column.constant === undefined, {
    path: ["constant"],
    message: "must not be set together with from: a column is either copied or constant",
  })
  .refine((column) => column.whenNull === undefined || column.constant === undefined, {
    path: ["whenNull"],
    message: "must not be set together with constant",
  });

/** A name alone takes over the source's column as it is. */
const ShapedColumn = z.union([ColumnName, ColumnOfSource], {
  error: (issue) => {
    const branch = typeof issue.input === "string" ? 0 : 1;
    const problems = (issue as { errors?: z.core.$ZodIssue[][] }).errors?.[branch] ?? [];
    const reasons = problems.map(({ path, message }) => [path.join("."), message].join(" ").trim());
    return `must be a column's name or { name, from, constant, type, whenNull }: ${reasons.join("; ")}`;
  },
});

/** Form of an export's rows in its file: which rows, which columns, in which order and types. */
export const Shape = z.strictObject({
  columns: z
    .array(ShapedColumn)
    .min(1, "must name at least one column; leave it out to take all")
    .max(1_000, "must name at most 1,000 columns")
    .superRefine((columns, context) => {
      const seen = new Set<string>();
      for (const [index, column] of columns.entries()) {
        const name = typeof column === "string" ? column : column.name;
        if (seen.has(name)) {
          context.addIssue({
            code: "custom",
            path: [index],
            message: `must not use the name "${name}" twice`,
          });
        }
        seen.add(name);
      }
    })
    .optional()
    .describe("The file's columns in order; by default all columns of the source."),
  filter: FilterText.optional().describe(
    "Rows to keep, by the source's columns before any conversion.",
  ),
});
export type Shape = z.infer<typeof Shape>;
