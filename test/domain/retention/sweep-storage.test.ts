import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { deletePackages } from "../../../src/domain/retention/delete-packages.ts";
import { deleteStrayFiles } from "../../../src/domain/retention/delete-stray-files.ts";
import { deleteUploads } from "../../../src/domain/retention/delete-uploads.ts";
import { sweepStorage } from "../../../src/domain/retention/sweep-storage.ts";
import { exportBody } from "../../support/definition-bodies.ts";
import { aRun } from "../../support/stored-things.ts";
import {
  CONNECTOR_ID,
  DAY_MS,
  fail,
  importConnector,
  makeSweep,
  NEVER,
  NOW,
  receive,
  type Sweep,
} from "./sweep.ts";

const EXPORTS = { "exports/things": exportBody({ retentionDays: 2 }) };

/** For how many days a chore keeps things, at most forty. It must delete all of them in one run. */
async function daysUntilGone(
  sweep: Sweep,
  chore: typeof deleteUploads | typeof deletePackages | typeof deleteStrayFiles,
): Promise<number | "never"> {
  for (let day = 0; day <= 40; day++) {
    if ((await chore(sweep.ports, NEVER)) > 0) {
      return day;
    }
    sweep.clock.advance(DAY_MS);
  }
  return "never";
}

test.each([
  ["its connector's time", `${CONNECTOR_ID}/x`, 3],
  ["seven days when its connector is gone", `${randomUUID()}/x`, 7],
  ["seven days when it is a package", `applications/${randomUUID()}/x`, 7],
])("an upload is kept for %s", async (_, name, days) => {
  const sweep = makeSweep({
    [`connectors/${CONNECTOR_ID}`]: importConnector({ retentionDays: 3 }),
  });
  sweep.put({ container: "uploads", name });

  expect(await daysUntilGone(sweep, deleteUploads)).toBe(days);
});

/** A run of an export, and the file that an attempt at it wrote. */
function order(
  sweep: Sweep,
  facts: { exportId: string; isPackage: boolean; hasEnded: boolean; retentionDays?: number },
): void {
  const { exportId, retentionDays } = facts;
  const run = aRun({
    exportId,
    ...(retentionDays === undefined
      ? {}
      : {
          package: {
            ...{ executionId: "e", applicationId: "a", packageName: "p", entities: ["Things"] },
            ...{ maxRows: null, retentionDays },
          },
        }),
  });
  const path = { container: "packages", name: `${exportId}/${run.runId}-${randomUUID()}.zip` };
  const result = {
    ...{ totalRecordsExported: 1, fileUploadedSuccessfully: true, sequence: null, bytes: 1 },
    ...{ mode: "full" as const, fullBecause: null },
    ...(facts.isPackage ? { packageFile: path } : {}),
  };
  sweep.runs.push(facts.hasEnded ? { ...run, endedAt: NOW, result } : run);
  sweep.put(path);
}

test.each([
  ["a package", { exportId: "things", isPackage: true, hasEnded: true }, 2],
  ["a package whose export is gone", { exportId: "gone", isPackage: true, hasEnded: true }, 7],
  [
    "a package whose export is gone, but said how long",
    { exportId: "gone", isPackage: true, hasEnded: true, retentionDays: 20 },
    20,
  ],
  ["what another attempt left", { exportId: "things", isPackage: false, hasEnded: true }, 3],
  [
    "what a run under way wrote",
    { exportId: "things", isPackage: false, hasEnded: false },
    "never",
  ],
] as const)("%s is kept for its time", async (_, facts, days) => {
  const sweep = makeSweep(EXPORTS);
  order(sweep, facts);

  expect(await daysUntilGone(sweep, deletePackages)).toBe(days);
});

/** A file of the export's file type, named as an attempt at this execution names it. */
function attemptFile(executionId: string, fileId: string = randomUUID()) {
  const name = `Shop.ItemChanges/2026-03-01/${executionId}-${fileId}.csv`;
  return { container: "shop-itemchanges", name };
}

const STRAYS: Readonly<Record<string, [(sweep: Sweep) => unknown, number | "never"]>> = {
  "of a run that failed for good": [
    (sweep) => {
      const run = { ...aRun({ exportId: "things" }), endedAt: NOW };
      sweep.runs.push(run);
      sweep.put(attemptFile(run.runId));
    },
    3,
  ],
  "of a run under way": [
    (sweep) => {
      const run = aRun({ exportId: "things" });
      sweep.runs.push(run);
      sweep.put(attemptFile(run.runId));
    },
    "never",
  ],
  "of an import that is owed": [
    (sweep) => sweep.put(attemptFile(receive(sweep).executionId)),
    "never",
  ],
  "of an import that has failed": [
    (sweep) => sweep.put(attemptFile(fail(sweep, receive(sweep)).executionId)),
    3,
  ],
  "of nobody": [(sweep) => sweep.put(attemptFile(randomUUID())), 3],
  "that an export has published": [
    (sweep) => {
      const runId = randomUUID();
      sweep.published.set(runId, sweep.put(attemptFile(runId)));
    },
    "never",
  ],
  "that an import has published": [
    (sweep) => {
      const fileId = randomUUID();
      sweep.published.set(fileId, sweep.put(attemptFile(randomUUID(), fileId)));
    },
    "never",
  ],
  "of an attempt whose run has published another": [
    (sweep) => {
      const runId = randomUUID();
      sweep.published.set(runId, attemptFile(runId));
      sweep.put(attemptFile(runId));
    },
    3,
  ],
  "with a name that is not ours": [
    (sweep) => sweep.put({ container: "shop-itemchanges", name: "Shop.ItemChanges/notes.txt" }),
    "never",
  ],
};

test.each(Object.entries(STRAYS))("a file %s is kept for its time", async (_, [put, days]) => {
  const sweep = makeSweep(EXPORTS);
  put(sweep);

  expect(await daysUntilGone(sweep, deleteStrayFiles)).toBe(days);
});

test("a chore that fails holds up no other, and is not passed over in silence", async () => {
  const sweep = makeSweep();
  sweep.put({ container: "uploads", name: "applications/x/y" });
  sweep.ports.ledger.fileTypes = async () => {
    throw new Error("storage is down");
  };
  sweep.clock.advance(8 * DAY_MS);

  await expect(sweepStorage(sweep.ports, NEVER)).rejects.toThrow("storage is down");

  expect(sweep.names()).toEqual([]);
});

test("a file that cannot be deleted holds up no other, of whatever kind", async () => {
  const sweep = makeSweep(EXPORTS);
  for (const name of ["stuck", "other"]) {
    sweep.put({ container: "uploads", name: `applications/x/${name}` });
    sweep.put({ container: "inbox", name: `${CONNECTOR_ID}/${randomUUID()}/${name}` });
    sweep.put({ container: "packages", name: `things/${randomUUID()}-${randomUUID()}.zip` });
    const file = `Shop.ItemChanges/2026-03-01/${randomUUID()}-${randomUUID()}.${name}`;
    sweep.put({ container: "shop-itemchanges", name: file });
  }
  const [firstPackage] = sweep.names().filter((name) => name.startsWith("things/"));
  const { delete: remove } = sweep.ports.files;
  sweep.ports.files.delete = async (path) => {
    if (path.name.endsWith("stuck") || path.name === firstPackage) {
      throw new Error("the file is locked");
    }
    await remove(path);
  };
  sweep.clock.advance(10 * DAY_MS);

  await expect(sweepStorage(sweep.ports, NEVER)).rejects.toThrow("the file is locked");

  expect(sweep.names()).toHaveLength(4);
  expect(sweep.names().filter((name) => name.endsWith("other"))).toEqual([]);
});

test("a sweep whose time is up deletes nothing more", async () => {
  const sweep = makeSweep();
  sweep.put({ container: "uploads", name: "applications/x/1" });
  sweep.put({ container: "uploads", name: "applications/x/2" });
  sweep.clock.advance(8 * DAY_MS);
  const time = new AbortController();
  const { delete: remove } = sweep.ports.files;
  sweep.ports.files.delete = async (path) => {
    await remove(path);
    time.abort();
  };

  expect(await sweepStorage(sweep.ports, time.signal)).toBe(1);

  expect(sweep.names()).toHaveLength(1);
});
