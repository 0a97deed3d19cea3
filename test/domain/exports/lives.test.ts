import { expect, test } from "vitest";
import { requestRun } from "../../../src/domain/exports/request-run.ts";
import { EXPORT_ID, type Exporter, exporter } from "../../support/world/exporter.ts";
import { makeWorld } from "../../support/world/world.ts";

async function exportNow({ ports, clock, drain }: Exporter): Promise<void> {
  clock.advance(1_000);
  await requestRun(ports, { exportId: EXPORT_ID, mode: "incremental" });
  await drain();
}

/** An export that has published its two rows. */
async function published(): Promise<Exporter> {
  const world = exporter(await makeWorld());
  await world.define();
  world.table.set("a", 1);
  world.table.set("b", 2);
  await exportNow(world);
  return world;
}

test("an export goes on from its cursor as long as its definition exists", async () => {
  const world = await published();
  await world.define({ description: "changed" });
  world.table.set("c", 3);

  await exportNow(world);

  const [, second] = await world.ledger();
  expect(second).toMatchObject({ records: 1, mode: "incremental", fullBecause: null });
});

test("an export that was created again under its id reads everything, and says why", async () => {
  const world = await published();
  await world.define({}, "second life");

  await exportNow(world);
  world.table.set("c", 3);
  await exportNow(world);

  expect(await world.ledger()).toMatchObject([
    { records: 2, mode: "full", fullBecause: null },
    { records: 2, mode: "full", fullBecause: "the export was deleted and created again" },
    { records: 1, mode: "incremental", fullBecause: null },
  ]);
});

test("an export under another file type reads everything, and says why", async () => {
  const world = await published();
  const fileType = `${world.fileType}2`;
  await world.define({ fileType });

  await exportNow(world);

  expect(await world.ledger(fileType)).toMatchObject([
    { records: 2, mode: "full", fullBecause: "the export's file type was changed" },
  ]);
});

test("a run that an earlier life of its export was asked for fails, and moves no cursor", async () => {
  const world = await published();
  world.clock.advance(1_000);
  await requestRun(world.ports, { exportId: EXPORT_ID, mode: "incremental" });
  const { cursor } = await world.ports.runs.current(EXPORT_ID);
  await world.define({}, "second life");

  await world.drain();

  const [run] = await world.runs();
  expect(run).toMatchObject({ state: "failed", failure: { code: "definition-not-found" } });
  expect(run?.failure?.message).toContain("created again");
  expect(await world.ports.runs.current(EXPORT_ID)).toMatchObject({ active: [], cursor });
});
