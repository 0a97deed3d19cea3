import { afterAll, beforeAll } from "vitest";
import { type Azurite, startAzurite } from "../../infra/local/azurite.ts";

/** Starts a storage of its own for the tests of one file, and ends it after them. */
export function useAzurite(): Pick<Azurite, "connectionString"> {
  const state: { azurite?: Azurite } = {};

  beforeAll(async () => {
    state.azurite = await startAzurite();
  });

  afterAll(async () => {
    await state.azurite?.stop();
  });

  return {
    get connectionString() {
      if (state.azurite === undefined) {
        throw new Error("the storage is not started");
      }
      return state.azurite.connectionString;
    },
  };
}
