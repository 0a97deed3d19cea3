import { expect, test } from "vitest";
import { useAzurite } from "../support/azurite.ts";
import type { Killer } from "../support/kill.ts";
import { killedAtEach } from "../support/killed-at-each.ts";
import { LIVED_IMPORT, liveExport, liveImports, livePackages } from "../support/lives.ts";
import type { Storage } from "../support/storage-ports.ts";
import { orderer } from "../support/world/orderer.ts";
import { sender } from "../support/world/sender.ts";
import { subscriber } from "../support/world/subscriber.ts";
import { makeWorld, type World } from "../support/world/world.ts";

/**
 * The lives that other files kill at every await on storage in memory, here in a storage account, killed at some points.
 */
const azurite = useAzurite();
const KILLS = 12;

const LIVES: Readonly<Record<string, (world: World) => Promise<unknown>>> = {
  exports: async (world) => liveExport(await subscriber(world)),
  imports: async (world) => liveImports(await sender(world, LIVED_IMPORT)),
  "data packages": async (world) => livePackages(await orderer(world)),
};

async function lived(
  live: (world: World) => Promise<unknown>,
  storage: Storage,
  killAt: number | null,
): Promise<{ end: unknown; killer: Killer }> {
  const world = await makeWorld({ storage, killAt });
  return { end: await live(world), killer: world.killer };
}

test.each(Object.entries(LIVES))(
  "%s end in a storage account as they end in memory, also when the process is killed",
  async (_, live) => {
    const { end: expected, killer } = await lived(live, "memory", null);

    expect((await lived(live, azurite, null)).end).toEqual(expected);
    const step = Math.floor(killer.points / KILLS);
    const liveAndDie = (turn: number) => lived(live, azurite, turn * step);
    for await (const { killAt: turn, end } of killedAtEach(KILLS, liveAndDie)) {
      expect(end.end, `killed at point ${turn * step}`).toEqual(expected);
    }
  },
);
