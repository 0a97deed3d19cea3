import { expect, test } from "vitest";
import { requestRun } from "../../../src/domain/exports/request-run.ts";
import { runExport } from "../../../src/domain/exports/run-export.ts";
import { startDueExports } from "../../../src/domain/exports/start-due-exports.ts";
import type { Ports } from "../../../src/domain/ports.ts";
import type { Source } from "../../../src/domain/source.ts";
import { gate } from "../../support/gate.ts";
import { EXPORT_ID, type Exporter, exporter } from "../../support/world/exporter.ts";
import { makeWorld } from "../../support/world/world.ts";

/** Many heartbeats in a short test; the clock of the world decides how long a silence is. */
const times = { heartbeatMs: 5, silentAfterMs: 60_000, saveEveryMs: 120_000 };

/** A run whose source stands still until the gate is open, or the read is given up. */
async function aRunAtItsSource(beat?: Ports["runs"]["beat"]) {
  const atSource = gate();
  const change = () => ({
    openSource: (): Source => ({
      read: async (request) => {
        const given = Promise.withResolvers<never>();
        request.signal.addEventListener("abort", () => given.reject(request.signal.reason));
        await Promise.race([atSource.pass(), given.promise]);
        return world.table.source().read(request);
      },
    }),
  });
  const world: Exporter = exporter(await makeWorld({ change }));
  await world.define();
  world.table.set("a", 1);
  await requestRun(world.ports, { exportId: EXPORT_ID, mode: "incremental" });
  const ports: Ports = beat ? { ...world.ports, runs: { ...world.ports.runs, beat } } : world.ports;
  const [request] = world.queue.splice(0);
  const invocation = { signal: new AbortController().signal, times };
  const ended = runExport(ports, request as never, invocation);
  await atSource.arrived;
  return { world, atSource, ended };
}

/** Waits for a heartbeat that notes the time that it is. */
async function heard({ ports, clock }: Exporter): Promise<void> {
  for (;;) {
    const { active } = await ports.runs.current(EXPORT_ID);
    if (active[0]?.touchedAt.getTime() === clock.now().getTime()) {
      return;
    }
  }
}

test("a run whose worker lives is not sent again, however long it takes", async () => {
  const { world, atSource, ended } = await aRunAtItsSource();
  for (let minutes = 0; minutes < 5; minutes++) {
    world.clock.advance(60_001);
    await heard(world);
    expect(await startDueExports(world.ports)).toBe(0);
  }

  atSource.open();
  await ended;

  expect(await world.runs()).toMatchObject([{ state: "succeeded", attempts: 1 }]);
});

test("a run whose worker is silent is sent after a minute, and then with growing pauses", async () => {
  const { world, atSource, ended } = await aRunAtItsSource(async () => true);
  const sentAfter: number[] = [];
  for (let seconds = 10; seconds <= 600; seconds += 10) {
    world.clock.advance(10_000);
    if ((await startDueExports(world.ports)) > 0) {
      sentAfter.push(seconds);
    }
  }

  expect(sentAfter).toEqual([70, 140, 270, 520]);
  expect(new Set(world.queue.map(({ revision }) => revision)).size).toBe(4);
  atSource.open();
  await ended;
});

test("an attempt that hears that another has the run gives up, and leaves the run alone", async () => {
  const { world, atSource, ended } = await aRunAtItsSource();
  const [run] = await world.runs();
  const taken = { ...run, attempts: 2, startedAt: world.clock.now() } as never;
  await world.ports.runs.update(taken, { held: 1, at: world.clock.now() });

  await ended;

  expect(world.logged.map(({ event }) => event)).toContain("run-lost");
  expect(await world.runs()).toMatchObject([{ state: "running", attempts: 2 }]);
  expect(await world.ledger()).toEqual([]);
  atSource.open();
});

test("heartbeats that storage refuses end no attempt", async () => {
  let refused = 0;
  const several = Promise.withResolvers<void>();
  const { world, atSource, ended } = await aRunAtItsSource(async () => {
    refused++;
    if (refused === 3) {
      several.resolve();
    }
    throw new Error("storage is away");
  });
  await several.promise;

  atSource.open();
  await ended;

  expect(await world.runs()).toMatchObject([{ state: "succeeded", attempts: 1 }]);
});
