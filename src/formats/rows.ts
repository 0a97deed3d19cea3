import { z } from "zod";

/**
 * The types of columns between a source and a format, and the canonical text of each value.
 *
 * Values travel as canonical text, never as JavaScript numbers or dates. So no digit of a decimal, no microsecond and
 * no 64-bit integer is lost between a database and a file.
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
 * | `datetime` | an instant in UTC, `YYYY-MM-DDTHH:MM:SS[.ffffff]Z`; digits as for `time`      |
 * | `local-datetime` | a wall-clock time without a zone, `YYYY-MM-DDTHH:MM:SS[.ffffff]`; digits as for `time` |
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

/** A value for every row, or in place of nulls. */
export const Constant = z.union([z.string().max(10_000), z.number(), z.boolean()], {
  error: "must be a text of at most 10,000 characters, a finite number, true or false",
});

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** Bounds of the column's numbers, where the source knows them; undefined: any number of digits. */
  readonly bounds?: NumberBounds;
}

/** Limits that every value of the column keeps. */
export type NumberBounds =
  /** A signed integer of so many bits. */
  | { readonly bits: 32 | 64 }
  /** A decimal: digits in all, and digits after the point (from 0 to `precision`). */
  | { readonly precision: number; readonly scale: number };

/** Canonical text of the column's type. Null is the database's null and differs from `""`, an empty text. */
export type Cell = string | null;

/** One cell for each column, in the columns' order. */
export type Row = readonly Cell[];

/**
 * A cell between a file and a target. Undefined: the file or the row does not mention the column, so the target keeps
 * its value. Null is a value like any other.
 */
export type GivenCell = Cell | undefined;

/** One given cell for each column, in the columns' order, without holes. */
export type GivenRow = readonly GivenCell[];
