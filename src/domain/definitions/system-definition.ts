import { z } from "zod";

/**
 * The part of a source's or target's definition that the domain knows. The rest belongs to its system, and is passed on
 * unchanged.
 */
export interface SystemDefinition {
  /** Names the system, e.g. `postgres`. */
  readonly kind: string;
  /** Name of the connection in the app's settings. */
  readonly connection: string;
}

/** The schema of one system's definitions. Each system has its own `kind`, by which a union finds the schema. */
export type SystemSchema = z.ZodType<SystemDefinition> & z.core.$ZodTypeDiscriminable;

/** Schemas of the sources and targets that definitions may name. */
export interface SystemSchemas {
  readonly sources: readonly [SystemSchema, ...SystemSchema[]];
  readonly targets: readonly [SystemSchema, ...SystemSchema[]];
}

export const ConnectionName = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    "must be the name of a connection in the app's settings: lower-case letters, digits and hyphens",
  );

/** For a source that cannot find changes. */
export const Never = z.strictObject({
  by: z.literal("none").describe("Every run reads everything."),
});
