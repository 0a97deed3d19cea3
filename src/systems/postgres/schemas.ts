import { z } from "zod";

/** A column as in the catalogue. It is quoted wherever it is used. */
export const PostgresName = z
  .string()
  .min(1, "must not be empty")
  .refine((name) => Buffer.byteLength(name) <= 63, "must have at most 63 bytes")
  .refine((name) => !name.includes("\0"), "must not hold a NUL character");

export const PostgresTable = z
  .string()
  .regex(
    /^(?:[a-z_][a-z0-9_$]*|"(?:[^"\0]|"")+")\.(?:[a-z_][a-z0-9_$]*|"(?:[^"\0]|"")+")$/,
    'must be schema.table, such as shop.items; names with upper case or other characters in double quotes: shop."Order lines"',
  );
