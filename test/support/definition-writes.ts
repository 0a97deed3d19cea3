import type { Stores } from "./faulty-storage.ts";
import { aConnector, aDeletion } from "./stored-things.ts";

/** One write to things that no other test has. */
export interface Write {
  /** @returns a result that is equal for all ids */
  run(stores: Stores): Promise<unknown>;
  /** The visible effect, equal for all ids. */
  effect(stores: Stores): Promise<unknown>;
}

/** Each change of a definition. The effect is the definition together with its history. */
export const DEFINITION_WRITES: Readonly<Record<string, (direct: Stores) => Promise<Write>>> = {
  "definitions.put of what must not exist": async () => {
    const connector = aConnector();
    return {
      run: async (stores) => (await stores.definitions.put("connectors", connector, null)).body,
      effect: (stores) => definitionOf(stores, connector.id),
    };
  },
  "definitions.put of one version": async (direct) => {
    const connector = aConnector();
    const first = await direct.definitions.put("connectors", connector, null);
    const renamed = { ...connector, body: { ...connector.body, name: "Renamed" } };
    return {
      run: async (stores) =>
        (await stores.definitions.put("connectors", renamed, first.etag)).body.name,
      effect: (stores) => definitionOf(stores, connector.id),
    };
  },
  "definitions.put of whatever is there": async () => {
    const connector = aConnector();
    return {
      run: async (stores) => (await stores.definitions.put("connectors", connector, "*")).body,
      effect: (stores) => definitionOf(stores, connector.id),
    };
  },
  "definitions.delete of one version": async (direct) => {
    const { id, etag } = await direct.definitions.put("connectors", aConnector(), null);
    return {
      run: (stores) => stores.definitions.delete("connectors", id, aDeletion(etag)),
      effect: (stores) => definitionOf(stores, id),
    };
  },
  "definitions.delete of any version": async (direct) => {
    const { id } = await direct.definitions.put("connectors", aConnector(), null);
    return {
      run: (stores) => stores.definitions.delete("connectors", id, aDeletion()),
      effect: (stores) => definitionOf(stores, id),
    };
  },
};

async function definitionOf({ definitions }: Stores, id: string): Promise<unknown> {
  const definition = await definitions.find("connectors", id);
  return {
    body: definition?.body ?? null,
    version: definition?.version,
    history: await definitions.history("connectors", id, { before: null, limit: 100 }),
  };
}
