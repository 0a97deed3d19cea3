import { z } from "zod";

/**
 * What the domain knows of the definition of a source or a target. Everything else in it belongs to its system, and is
 * passed on as it is.
 */
export interface SystemDefinition {
  /** Names the system, e.g. `postgres`. */
  readonly kind: string;
  /** Name of the connection in the app's settings. */
  readonly connection: string;
}

/** The schema of one system's definitions. Each system has a `kind` of its own, by which a union finds its schema. */
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

/** Of a source that cannot tell what has changed. */
export const Never = z.strictObject({
  by: z.literal("none").describe("Every run reads everything."),
});
