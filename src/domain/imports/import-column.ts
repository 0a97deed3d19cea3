import { z } from "zod";
import { ColumnName, ColumnType, Constant } from "../../formats/rows.ts";

/** How numbers are written in the file: `1.234,56` has the decimal mark `,` and the group mark `.`. */
const NumberMarks = z
  .strictObject({
    decimal: z.enum([".", ","]).describe("Mark before the fraction."),
    group: z
      .enum([".", ",", " ", "'"])
      .optional()
      .describe(
        "Mark between groups of three digits, if there are any; a blank also stands for a no-break space.",
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

/** Types that each option is allowed with; an option that is not listed is allowed with any type. */
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
 * One column in the target: the origin of its value, its conversion and its checks. There are no regular expressions: a
 * slow one would let a partner stop everybody.
 *
 * The order is: `trim`, `emptyIsNull`, `letters`, `values`, the type with `numbers`, `dates` and `round`, `whenNull`, and then
 * the checks.
 */
export const ImportColumn = z
  .strictObject({
    name: ColumnName.describe("Name in the target."),
    from: ColumnName.optional().describe("Field of the file; by default the one of the same name."),
    fact: z
      .enum(["company", "external-id", "message-id", "execution-id", "received-at", "row"])
      .optional()
      .describe("A fact about the submission, instead of a field of the file."),
    constant: Constant.optional().describe(
      "The same value in every row, instead of a field of the file.",
    ),
    type: ColumnType.default("string").describe("Type to which the value is converted."),
    trim: z.boolean().default(false).describe("Removes blanks at both ends of a text."),
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
          to: z.string().max(1_000).nullable().describe("The value that replaces it."),
        }),
      )
      .min(1)
      .max(1_000)
      .optional()
      .describe(
        'Values of the file and their replacements: `[{ "from": "J", "to": "true" }]`; others stay as they are.',
      ),
    numbers: NumberMarks.optional().describe(
      "How numbers are written in the file: `1.234,56` has the decimal mark `,` and the group mark `.`.",
    ),
    dates: z
      .enum(["dmy", "mdy", "ymd"])
      .optional()
      .describe(
        "Further form of dates, besides `2024-02-29`: `dmy` is 29.02.2024, `mdy` 02/29/2024, `ymd` 20240229.",
      ),
    round: z
      .enum(["refuse", "down", "half-up"])
      .default("refuse")
      .describe(
        "How to treat a value with more digits than its type or the column in the target keeps: `refuse` the row, and show the value that would be stored; `down` cuts digits off; `half-up` goes to the nearest, and a half away from zero. Binary floating-point numbers go to the nearest with either.",
      ),
    whenNull: Constant.optional().describe(
      "Value that replaces a null. A column that a file does not mention gets it only in rows that PostgreSQL adds.",
    ),
    optional: z
      .boolean()
      .default(false)
      .describe(
        "Whether files may come without the field. If a file, or one of its rows, does not mention it, existing rows keep their value, and new ones get the target's default. A file without a field that is not optional (and has no `whenNull`) is refused, and so is one with none of the fields.",
      ),
    required: z
      .boolean()
      .default(false)
      .describe(
        "Refuses rows without a value; with `optional` only rows that have an empty or null value.",
      ),
    minLength: z
      .int()
      .min(1)
      .optional()
      .describe("Least allowed length of a text, in Unicode code points."),
    maxLength: z
      .int()
      .min(1)
      .optional()
      .describe("Greatest allowed length of a text, in Unicode code points."),
    min: Bound.optional().describe("Least allowed value."),
    max: Bound.optional().describe("Greatest allowed value."),
    oneOf: z
      .array(z.string().max(1_000))
      .min(1)
      .max(1_000)
      .optional()
      .describe("The only allowed values."),
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
        `must not be set together with ${origins[0]}: a value has one origin`,
      ],
      [column.optional && !isOfFile, "optional", "is only allowed with a field of the file"],
      [
        column.round !== "refuse" && WITHOUT_DIGITS.includes(type),
        "round",
        `is not allowed with ${type}`,
      ],
      [minLength > maxLength, "minLength", "must not be greater than maxLength"],
      ...Object.entries(TYPES_OF_OPTIONS).map(([option, types]) => {
        const isWrong =
          column[option as keyof typeof column] !== undefined && !types.includes(type);
        return [isWrong, option, `is only allowed with ${types.join(", ")}`] as const;
      }),
    ];
    for (const [isThere, path, message] of problems) {
      if (isThere) {
        context.addIssue({ code: "custom", path: [path], message });
      }
    }
  })
  .describe("One column in the target: the origin of its value, its conversion and its checks.");
export type ImportColumn = z.infer<typeof ImportColumn>;
