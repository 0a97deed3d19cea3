import type { Definitions } from "../../src/domain/definitions/definition-store.ts";
import type { DefinitionKind } from "../../src/domain/definitions/definitions.ts";
import { unreadable } from "../../src/domain/definitions/unreadable.ts";
import type { AnyDefinition } from "../../src/domain/ports.ts";
import { DEFINITION_SCHEMAS } from "../../src/systems/index.ts";

const AT = new Date("2026-03-01T10:00:00Z");

/**
 * Definitions in memory, parsed as storage does; `<kind>/<id>` leads to the body. A body that does not fit its schema
 * is unreadable.
 */
export function memoryDefinitions(bodies: Readonly<Record<string, unknown>>): Pick<
  Definitions,
  "schemas" | "find" | "findAny" | "all" | "put" | "delete"
> & {
  readonly deleted: string[];
} {
  const stored = new Map<string, unknown>(Object.entries(bodies));
  const deleted: string[] = [];
  // biome-ignore lint/suspicious/noExplicitAny: which kind it is is known by whoever asks
  const definition = (key: string): AnyDefinition<any> => {
    const [kind = "", id = ""] = key.split("/");
    const facts = {
      id,
      etag: "1",
      updatedAt: AT,
      scheduleSince: AT,
      incarnation: "",
      version: 1,
      updatedBy: "operator",
    };
    const body = DEFINITION_SCHEMAS.kinds[kind as DefinitionKind].safeParse(stored.get(key));
    return body.success
      ? { ...facts, body: body.data }
      : { ...facts, body: stored.get(key), unreadable: body.error.message };
  };
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const findAny = async (kind: DefinitionKind, id: string): Promise<AnyDefinition<any> | null> =>
    stored.has(`${kind}/${id}`) ? definition(`${kind}/${id}`) : null;
  return {
    schemas: DEFINITION_SCHEMAS,
    deleted,
    findAny,
    find: async (kind, id) => {
      const found = await findAny(kind, id);
      if (found !== null && "unreadable" in found) {
        throw unreadable(kind, found);
      }
      return found;
    },
    all: async function* (kind) {
      for (const key of [...stored.keys()].sort()) {
        if (key.startsWith(`${kind}/`)) {
          yield definition(key);
        }
      }
    },
    put: async (kind, put) => {
      stored.set(`${kind}/${put.id}`, put.body);
      return { ...put, version: 2, etag: "2" };
    },
    delete: async (kind, id) => {
      deleted.push(`${kind}/${id}`);
      return 3;
    },
  };
}
