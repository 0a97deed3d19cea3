import { expect, test } from "vitest";
import { useAzurite } from "../support/azurite.ts";
import { makeImportWorld } from "../support/import-world.ts";
import type { Killer } from "../support/kill.ts";
import { killedAtEach } from "../support/killed-at-each.ts";
import { LIVED_IMPORT, liveExport, liveImports, livePackages } from "../support/lives.ts";
import { makePackageWorld } from "../support/package-world.ts";
import type { Storage } from "../support/storage-ports.ts";
import { makeWorld } from "../support/world.ts";

/**
 * The lives that other files kill at every await on storage in memory, here in a storage account, killed at some points.
 */
const azurite = useAzurite();
const KILLS = 12;

type Life = (storage: Storage, killAt: number | null) => Promise<{ end: unknown; killer: Killer }>;

const LIVES: Readonly<Record<string, Life>> = {
  exports: async (storage, killAt) => {
    const world = await makeWorld(storage, killAt);
    return { end: await liveExport(world), killer: world.killer };
  },
  imports: async (storage, killAt) => {
    const world = await makeImportWorld(storage, { definition: LIVED_IMPORT, killAt });
    return { end: await liveImports(world), killer: world.killer };
  },
  "data packages": async (storage, killAt) => {
    const world = await makePackageWorld(storage, killAt);
    return { end: await livePackages(world), killer: world.killer };
  },
};

test.each(Object.entries(LIVES))(
  "%s end in a storage account as they end in memory, also when the process is killed",
  async (_, live) => {
    const { end: expected, killer } = await live("memory", null);

    expect((await live(azurite, null)).end).toEqual(expected);
    const step = Math.floor(killer.points / KILLS);
    const liveAndDie = (turn: number) => live(azurite, turn * step);
    for await (const { killAt: turn, end } of killedAtEach(KILLS, liveAndDie)) {
      expect(end.end, `killed at point ${turn * step}`).toEqual(expected);
    }
  },
);
