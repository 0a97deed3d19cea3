import { z } from "zod";
import { ColumnName, ColumnType, Constant } from "../../formats/rows.ts";

/** How numbers are written in the file: `1.234,56` has the decimal mark `,` and the group mark `.`. */
const NumberMarks = z
  .strictObject({
    decimal: z.enum([".", ","]).describe("Before the fraction."),
    group: z
      .enum([".", ",", " ", "'"])
      .optional()
      .describe(
        "Between groups of three digits, where there are any; a blank stands for a no-break space too.",
      ),
  })
  .refine(({ decimal, group }) => decimal !== group, {
    path: ["group"],
    message: "must not be the decimal mark",
  });
export type NumberMarks = z.infer<typeof NumberMarks>;

/** A bound, as a value of the column's type: `0`, `"2020-01-01"`. */
const Bound = z.union([z.string().max(100), z.number()]);

const NUMBERS = ["integer", "decimal", "double"] as const;
const DATES = ["date", "datetime", "local-datetime"] as const;
const WITH_BOUNDS: readonly ColumnType[] = [...NUMBERS, ...DATES, "time"];
const WITHOUT_DIGITS: readonly ColumnType[] = ["boolean", "uuid", "binary"];
const TEXTS: readonly ColumnType[] = ["string", "json"];

/** What each option goes with; any type where it is not named. */
const TYPES_OF_OPTIONS: Readonly<Record<string, readonly ColumnType[]>> = {
  minLength: TEXTS,
  maxLength: TEXTS,
  oneOf: ["string", "integer"],
  min: WITH_BOUNDS,
  max: WITH_BOUNDS,
  numbers: NUMBERS,
  dates: DATES,
};

/**
 * One column in the target: where its value comes from, how it is read, what it must be like. There are no regular
 * expressions: one that takes forever would be a partner's way to stop everybody.
 *
 * The order is: `trim`, `emptyIsNull`, `letters`, `values`, the type with `numbers`, `dates` and `round`, `whenNull`, and then
 * the checks.
 */
export const ImportColumn = z
  .strictObject({
    name: ColumnName.describe("Name in the target."),
    from: ColumnName.optional().describe("Field of the file; the one of the same name by default."),
    fact: z
      .enum(["company", "external-id", "message-id", "execution-id", "received-at", "row"])
      .optional()
      .describe("What is known of the submission, instead of a field of the file."),
    constant: Constant.optional().describe(
      "The same value in every row, instead of a field of the file.",
    ),
    type: ColumnType.default("string").describe("Type that the value is converted to."),
    trim: z.boolean().default(false).describe("Takes blanks off both ends of a text."),
    emptyIsNull: z
      .boolean()
      .optional()
      .describe(
        "Whether a text without characters means null; by default for every type but `string`.",
      ),
    letters: z
      .enum(["upper", "lower"])
      .optional()
      .describe("Makes all letters upper or lower case."),
    values: z
      .array(
        z.strictObject({
          from: z.string().max(1_000).describe("Value of the file."),
          to: z.string().max(1_000).nullable().describe("What it stands for."),
        }),
      )
      .min(1)
      .max(1_000)
      .optional()
      .describe(
        'Values of the file that stand for others: `[{ "from": "J", "to": "true" }]`; others stay as they are.',
      ),
    numbers: NumberMarks.optional().describe(
      "How numbers are written in the file: `1.234,56` has the decimal mark `,` and the group mark `.`.",
    ),
    dates: z
      .enum(["dmy", "mdy", "ymd"])
      .optional()
      .describe(
        "How dates are written, besides `2024-02-29`: `dmy` is 29.02.2024, `mdy` 02/29/2024, `ymd` 20240229.",
      ),
    round: z
      .enum(["refuse", "down", "half-up"])
      .default("refuse")
      .describe(
        "A value with more digits than its type or the column in the target keeps: `refuse` the row, saying what would be stored; `down` cuts them off; `half-up` goes to the nearest, and a half away from zero. Binary floating-point numbers go to the nearest with either.",
      ),
    whenNull: Constant.optional().describe(
      "What stands in place of a null. A column that a file does not mention gets it in rows that PostgreSQL adds, and in no others.",
    ),
    optional: z
      .boolean()
      .default(false)
      .describe(
        "Whether files may come without the field. Where a file, or one row of it, does not mention it, rows that are there keep what they have, and new ones get what the target gives them by itself. A file without a field that is not optional (and has no `whenNull`) is refused, as is one with none of the fields.",
      ),
    required: z
      .boolean()
      .default(false)
      .describe(
        "Refuses rows without a value; with `optional` only those that say so, by an empty or null value.",
      ),
    minLength: z
      .int()
      .min(1)
      .optional()
      .describe("Least length of a text that is taken, in Unicode code points."),
    maxLength: z
      .int()
      .min(1)
      .optional()
      .describe("Greatest length of a text that is taken, in Unicode code points."),
    min: Bound.optional().describe("Least value that is taken."),
    max: Bound.optional().describe("Greatest value that is taken."),
    oneOf: z
      .array(z.string().max(1_000))
      .min(1)
      .max(1_000)
      .optional()
      .describe("The only values that are taken."),
  })
  .superRefine((column, context) => {
    const origins = (["from", "fact", "constant"] as const).filter(
      (name) => column[name] !== undefined,
    );
    const isOfFile = column.fact === undefined && column.constant === undefined;
    const { type, minLength = 0, maxLength = Number.POSITIVE_INFINITY } = column;
    const problems: readonly (readonly [isThere: boolean, path: string, message: string])[] = [
      [
        origins.length > 1,
        origins[1] ?? "",
        `must not stand beside ${origins[0]}: a value has one origin`,
      ],
      [column.optional && !isOfFile, "optional", "goes with a field of the file only"],
      [
        column.round !== "refuse" && WITHOUT_DIGITS.includes(type),
        "round",
        `does not go with ${type}`,
      ],
      [minLength > maxLength, "minLength", "must not be greater than maxLength"],
      ...Object.entries(TYPES_OF_OPTIONS).map(([option, types]) => {
        const isWrong =
          column[option as keyof typeof column] !== undefined && !types.includes(type);
        return [isWrong, option, `goes with ${types.join(", ")} only`] as const;
      }),
    ];
    for (const [isThere, path, message] of problems) {
      if (isThere) {
        context.addIssue({ code: "custom", path: [path], message });
      }
    }
  })
  .describe(
    "One column in the target: where its value comes from, how it is read, what it must be like.",
  );
export type ImportColumn = z.infer<typeof ImportColumn>;
