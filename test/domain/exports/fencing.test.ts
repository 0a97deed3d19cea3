import { expect, test } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { requestRun } from "../../../src/domain/exports/request-run.ts";
import { runExport } from "../../../src/domain/exports/run-export.ts";
import { startDueExports } from "../../../src/domain/exports/start-due-exports.ts";
import type { Ports } from "../../../src/domain/ports.ts";
import type { Source } from "../../../src/domain/source.ts";
import { gate } from "../../support/gate.ts";
import { EXPORT_ID, type Exporter, exporter } from "../../support/world/exporter.ts";
import { makeWorld } from "../../support/world/world.ts";

const invocation = { signal: new AbortController().signal };

async function aWorld(): Promise<Exporter> {
  const world = exporter(await makeWorld());
  await world.define();
  world.table.set("a", 1);
  world.table.set("b", 2);
  await requestRun(world.ports, { exportId: EXPORT_ID, mode: "incremental" });
  return world;
}

/** A worker that stands still between its file and the ledger until it is let go on; it sends no heartbeat meanwhile. */
function paused(world: Exporter) {
  const atLedger = gate();
  const { ledger } = world.ports;
  const ports: Ports = {
    ...world.ports,
    ledger: {
      ...ledger,
      append: async (draft) => {
        await atLedger.pass();
        return ledger.append(draft);
      },
    },
  };
  const [request] = world.queue.splice(0);
  const ended = runExport(ports, request as never, invocation);
  const goOn = async (): Promise<void> => {
    atLedger.open();
    await ended;
  };
  return { arrived: atLedger.arrived, goOn };
}

/** Sends what is stalled, and handles it. */
async function takeOver(world: Exporter, ports: Ports = world.ports): Promise<void> {
  world.clock.advance(120_000);
  await startDueExports(world.ports);
  await world.drain(ports);
}

const failing: Source = {
  read: async () => {
    throw new AppError("source-invalid", 'Cannot read table "things": it does not exist');
  },
};

async function filesOf(world: Exporter): Promise<number> {
  const container = world.fileType.toLowerCase().replaceAll(".", "-");
  const { items } = await world.ports.files.list(
    { container, prefix: "" },
    { limit: 100, after: null },
  );
  return items.length;
}

test("an attempt that comes back after its run has failed publishes nothing, and its file is deleted", async () => {
  const world = await aWorld();
  const first = paused(world);
  await first.arrived;
  await takeOver(world, { ...world.ports, openSource: () => failing });
  await requestRun(world.ports, { exportId: EXPORT_ID, mode: "incremental" });
  await world.drain();

  await first.goOn();

  expect(await world.ledger()).toMatchObject([{ sequence: 1, records: 2 }]);
  expect(await world.runs()).toMatchObject([
    { state: "succeeded", attempts: 1 },
    { state: "failed", attempts: 2, failure: { code: "source-invalid" } },
  ]);
  expect(await filesOf(world)).toBe(1);
});

test("an attempt that comes back after its run has ended without a file publishes nothing", async () => {
  const world = await aWorld();
  await world.define({
    preventUploadWhenZeroRecords: true,
    entities: [
      {
        name: "Things",
        source: { kind: "postgres", connection: "db", table: "public.things" },
      },
    ],
  });
  const first = paused(world);
  await first.arrived;
  const nothing: Source = {
    read: async (request) => {
      const read = await world.table.source().read(request);
      return { ...read, batches: (async function* () {})() };
    },
  };
  await takeOver(world, { ...world.ports, openSource: () => nothing });

  await first.goOn();

  expect(await world.ledger()).toEqual([]);
  expect(await world.runs()).toMatchObject([
    { state: "succeeded", attempts: 2, result: { fileUploadedSuccessfully: false } },
  ]);
  expect(await filesOf(world)).toBe(0);
});

test("an attempt that comes back while another has the run publishes for both, once", async () => {
  const world = await aWorld();
  const first = paused(world);
  await first.arrived;
  world.clock.advance(120_000);
  await startDueExports(world.ports);
  const second = paused(world);
  await second.arrived;

  await first.goOn();
  await second.goOn();

  expect(await world.ledger()).toMatchObject([{ sequence: 1, records: 2 }]);
  expect(await world.runs()).toMatchObject([{ state: "succeeded", attempts: 2 }]);
  expect(await filesOf(world)).toBe(1);
});

test("a message that is handed out while a worker is at its run is settled, and changes nothing", async () => {
  const world = await aWorld();
  const [request] = world.queue;
  const first = paused(world);
  await first.arrived;

  await runExport(world.ports, request as never, invocation);

  expect(await world.runs()).toMatchObject([{ state: "running", attempts: 1 }]);
  await first.goOn();
  expect(await world.runs()).toMatchObject([{ state: "succeeded", attempts: 1 }]);
});
