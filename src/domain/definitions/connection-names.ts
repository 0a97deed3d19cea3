import { z } from "zod";

/** What definitions of sources and targets have in common: how they name connections, tables, addresses and members. */

export const ConnectionName = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    "must be the name of a connection in the app's settings: lower-case letters, digits and hyphens",
  );

/** A column as the catalogue spells it; it is quoted wherever it is used. */
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

/** Member names joined by dots, e.g. `data.items`; `""` is the whole document. */
export const JsonPath = z.string().max(500);

/** A path beneath a connection's base URL, e.g. `v1/items`. */
export const HttpPath = z
  .string()
  .max(2_000)
  .regex(/^[^?#\\\p{Cc}]*$/u, 'must hold no "?", "#", backslash or control character')
  .refine((path) => !path.split("/").includes(".."), 'must not hold ".."');

export const ParameterName = z
  .string()
  .regex(/^[A-Za-z0-9_.$~[\]-]{1,100}$/, "must be the name of a query parameter");

export const HttpQuery = z.record(ParameterName, z.string().max(8_000));

/** How often and how patiently an HTTP API is asked. */
export const HttpRetry = z.strictObject({
  attempts: z
    .int()
    .min(1)
    .max(20)
    .default(5)
    .describe("Times a request is sent, the first included."),
  firstDelayMs: z
    .int()
    .min(1)
    .max(60_000)
    .default(1_000)
    .describe("Ceiling of the first random wait in milliseconds; it doubles with each attempt."),
  maxDelayMs: z
    .int()
    .min(1)
    .max(600_000)
    .default(60_000)
    .describe(
      "Longest wait in milliseconds, also where the API asks for a longer one; then the run is given up and tried later.",
    ),
  timeoutMs: z
    .int()
    .min(100)
    .max(600_000)
    .default(100_000)
    .describe("How long one request may take, its answer included, in milliseconds."),
});
export type HttpRetry = z.infer<typeof HttpRetry>;

/** Of a source that cannot tell what has changed. */
export const Never = z.strictObject({
  by: z.literal("none").describe("Every run reads everything."),
});
