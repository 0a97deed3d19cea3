import { z } from "zod";

/**
 * The types that a column can have between a source and a format, and the one text that each value has there.
 *
 * Values travel as canonical text, never as JavaScript numbers or dates, so that no digit of a decimal, no
 * microsecond and no 64-bit integer is lost between a database and a file.
 *
 * | type       | canonical text                                                                |
 * |------------|-------------------------------------------------------------------------------|
 * | `string`   | the text itself                                                               |
 * | `boolean`  | `true` or `false`                                                             |
 * | `integer`  | `-?[0-9]+`, any number of digits                                              |
 * | `decimal`  | plain notation, `-?[0-9]+(.[0-9]+)?`, scale kept (`1.50` stays `1.50`)         |
 * | `double`   | shortest text that reads back as the same IEEE 754 value; may have an exponent; `NaN`, `Infinity`, `-Infinity` |
 * | `date`     | `YYYY-MM-DD`                                                                  |
 * | `time`     | `HH:MM:SS[.ffffff]`; up to nine digits of a second, where a source has them   |
 * | `datetime` | an instant in UTC, `YYYY-MM-DDTHH:MM:SS[.ffffff]Z`; the same                  |
 * | `local-datetime` | a wall-clock time without a zone, `YYYY-MM-DDTHH:MM:SS[.ffffff]`; the same |
 * | `uuid`     | lower case, hyphens, no braces                                                |
 * | `json`     | a JSON text (RFC 8259)                                                        |
 * | `binary`   | base64 (RFC 4648 section 4)                                                   |
 */
export const ColumnType = z.enum([
  "string",
  "boolean",
  "integer",
  "decimal",
  "double",
  "date",
  "time",
  "datetime",
  "local-datetime",
  "uuid",
  "json",
  "binary",
]);
export type ColumnType = z.infer<typeof ColumnType>;

/** Name of a column or field in a definition. */
export const ColumnName = z
  .string()
  .min(1, "must not be empty")
  .max(128, "must have at most 128 characters")
  .regex(/^\P{Cc}+$/u, "must not hold control characters");

/** A value that stands in every row, or in place of a null. */
export const Constant = z.union([z.string().max(10_000), z.number(), z.boolean()], {
  error: "must be a text of at most 10,000 characters, a finite number, true or false",
});

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** Bounds of the column's numbers, where the source knows them; missing: any number of digits. */
  readonly bounds?: NumberBounds;
}

/** Every value of the column fits. */
export type NumberBounds =
  /** An integer of so many bits, with its sign. */
  | { readonly bits: 32 | 64 }
  /** A decimal: digits in all, and digits behind the point, which are never fewer than 0 or more than `precision`. */
  | { readonly precision: number; readonly scale: number };

/** Canonical text of the column's type; null is the database's null, `""` an empty text: never the same. */
export type Cell = string | null;

/** One cell for each column, in the columns' order. */
export type Row = readonly Cell[];

/**
 * A cell on its way from a file to a target. Undefined: the file, or the row, does not mention the column. Such a cell
 * changes nothing in the target, while null is a value like any other.
 */
export type GivenCell = Cell | undefined;

/** One given cell for each column, in the columns' order, without holes. */
export type GivenRow = readonly GivenCell[];
