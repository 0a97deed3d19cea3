import { DEFINITION_KINDS, type DefinitionKind } from "../../src/contracts/definitions.ts";
import type { Definitions, StoredDefinition } from "../../src/domain/ports.ts";

const AT = new Date("2026-03-01T10:00:00Z");

/** Definitions in memory, parsed as storage does; `<kind>/<id>` leads to what was put there. */
export function memoryDefinitions(
  bodies: Readonly<Record<string, unknown>>,
): Pick<Definitions, "find" | "all" | "put" | "delete"> & { readonly deleted: string[] } {
  const stored = new Map<string, unknown>(Object.entries(bodies));
  const deleted: string[] = [];
  // biome-ignore lint/suspicious/noExplicitAny: which kind it is is known by whoever asks
  const definition = (key: string): StoredDefinition<any> => {
    const [kind = "", id = ""] = key.split("/");
    const body = DEFINITION_KINDS[kind as DefinitionKind].parse(stored.get(key));
    return { id, body, etag: "1", updatedAt: AT, scheduleSince: AT, incarnation: "" };
  };
  return {
    deleted,
    find: async (kind, id) => (stored.has(`${kind}/${id}`) ? definition(`${kind}/${id}`) : null),
    all: async function* (kind) {
      for (const key of [...stored.keys()].sort()) {
        if (key.startsWith(`${kind}/`)) {
          yield definition(key);
        }
      }
    },
    put: async (kind, put) => {
      stored.set(`${kind}/${put.id}`, put.body);
      return { ...put, etag: "2" };
    },
    delete: async (kind, id) => {
      deleted.push(`${kind}/${id}`);
    },
  };
}
