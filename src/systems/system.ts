import type { z } from "zod";
import type { SystemDefinition, SystemSchema } from "../domain/definitions/system-definition.ts";
import type { Connection, Connections, Source } from "../domain/source.ts";
import type { Target } from "../domain/target.ts";

/** One technology that rows come from or go to. */
export interface System {
  /** Names it in definitions. */
  readonly kind: string;
  readonly connection: ConnectionReader;
  /** Missing when no rows can be read from it. */
  readonly source?: Opener<Source>;
  /** Missing when no rows can be written to it. */
  readonly target?: Opener<Target>;
  /** Closes what is kept open between reads and writes, which must have ended. May be called twice. */
  close(): Promise<void>;
}

/** How a system's connections stand in the app's settings. */
export interface ConnectionReader {
  /** What such a setting looks like; completes "must be ". */
  readonly looksLike: string;
  /** @returns null when the setting is none of this kind */
  read(setting: string): Connection | null;
}

export interface Opener<Opened> {
  readonly schema: SystemSchema;
  /** Opens nothing before its first use. */
  open(definition: SystemDefinition, connections: Connections): Opened;
}

/** Joins the schema of a source's or a target's definitions with what opens it. */
export function openedBy<Definition extends SystemDefinition, Opened>(
  schema: z.ZodType<Definition> & SystemSchema,
  open: (definition: Definition, connections: Connections) => Opened,
): Opener<Opened> {
  return {
    schema,
    // parsing what is parsed already changes nothing, and tells the type
    open: (definition, connections) => open(schema.parse(definition), connections),
  };
}
