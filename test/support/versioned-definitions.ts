import type { DefinitionKind } from "../../src/domain/definitions/definitions.ts";
import { AppError } from "../../src/domain/errors.ts";
import type { Definitions, StoredDefinition } from "../../src/domain/ports.ts";
import { DEFINITION_SCHEMAS } from "../../src/systems/index.ts";

type Stored = StoredDefinition<DefinitionKind>;

/** Definitions in memory whose versions and conditions are those of the real ones. */
export function versionedDefinitions(): Definitions {
  const rows = new Map<string, Stored>();
  let writes = 0;
  const keyOf = (kind: DefinitionKind, id: string): string => `${kind}/${id}`;
  const ofKind = (kind: DefinitionKind): Stored[] =>
    [...rows]
      .filter(([key]) => key.startsWith(`${kind}/`))
      .map(([, row]) => row)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  const changed = (): AppError => new AppError("definition-changed", "Cannot write: it changed");

  const definitions = {
    schemas: DEFINITION_SCHEMAS,
    find: async (kind: DefinitionKind, id: string) => rows.get(keyOf(kind, id)) ?? null,
    findAny: async (kind: DefinitionKind, id: string) => rows.get(keyOf(kind, id)) ?? null,
    list: async (kind: DefinitionKind) => ({ items: ofKind(kind), next: null }),
    async *all(kind: DefinitionKind) {
      yield* ofKind(kind);
    },
    put: async (
      kind: DefinitionKind,
      definition: Omit<Stored, "etag">,
      condition: string | null,
    ) => {
      const before = rows.get(keyOf(kind, definition.id))?.etag ?? null;
      if (condition !== "*" && condition !== before) {
        throw changed();
      }
      const stored = { ...definition, etag: `W/"${++writes}"` };
      rows.set(keyOf(kind, definition.id), stored);
      return stored;
    },
    delete: async (kind: DefinitionKind, id: string, etag: string) => {
      const before = rows.get(keyOf(kind, id));
      if (before === undefined) {
        throw new AppError("definition-not-found", "Cannot delete: there is no such definition");
      }
      if (etag !== "*" && etag !== before.etag) {
        throw changed();
      }
      rows.delete(keyOf(kind, id));
    },
  };
  // the port's results follow from the kind that is asked for, which one map of all kinds cannot say
  return definitions as unknown as Definitions;
}
