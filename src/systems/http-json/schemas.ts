import { z } from "zod";

/** Member names joined by dots, e.g. `data.items`; `""`: the whole document. */
export const JsonPath = z.string().max(500);

/** A path beneath a connection's base URL, e.g. `v1/items`. */
export const HttpPath = z
  .string()
  .max(2_000)
  .regex(/^[^?#\\\p{Cc}]*$/u, 'must not hold "?", "#", backslash or control character')
  .refine((path) => !path.split("/").includes(".."), 'must not hold ".."');

export const ParameterName = z
  .string()
  .regex(/^[A-Za-z0-9_.$~[\]-]{1,100}$/, "must be the name of a query parameter");

export const HttpQuery = z.record(ParameterName, z.string().max(8_000));

/** Limits for repeated requests to an HTTP API. */
export const HttpRetry = z.strictObject({
  attempts: z
    .int()
    .min(1)
    .max(20)
    .default(5)
    .describe("How often a request is sent, the first time included."),
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
      "Longest wait in milliseconds, even if the API asks for a longer one. After that the run is given up and tried later.",
    ),
  timeoutMs: z
    .int()
    .min(100)
    .max(600_000)
    .default(100_000)
    .describe("How long one request may take, its answer included, in milliseconds."),
});
export type HttpRetry = z.infer<typeof HttpRetry>;
