import type { z } from "zod";
import type { SystemDefinition, SystemSchema } from "../domain/definitions/system-definition.ts";
import type { Connection, Connections, Source } from "../domain/source.ts";
import type { Target } from "../domain/target.ts";

/** One technology that rows come from or go to. */
export interface System {
  /** Its name in definitions. */
  readonly kind: string;
  readonly connection: ConnectionReader;
  /** Undefined when rows cannot be read from it. */
  readonly source?: Opener<Source>;
  /** Undefined when rows cannot be written to it. */
  readonly target?: Opener<Target>;
  /**
   * Closes everything that is kept open between reads and writes. All reads and writes must have ended. May be called
   * twice.
   */
  close(): Promise<void>;
}

/** Reads a system's connections from the app's settings. */
export interface ConnectionReader {
  /** Form of such a setting; completes "must be ". */
  readonly looksLike: string;
  /** @returns null when the setting is of another kind */
  read(setting: string): Connection | null;
  /**
   * Names the fault of a setting that is of this kind by its own words, without its values.
   * @returns null when the setting is of another kind
   */
  fault?(setting: string): string | null;
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
    // parsing again changes nothing, and gives the type
    open: (definition, connections) => open(schema.parse(definition), connections),
  };
}
