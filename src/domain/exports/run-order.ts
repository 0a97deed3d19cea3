import type { FilePath } from "../files.ts";
import type { Ports, RunRequestOf } from "../ports.ts";
import {
  fileOfAttempt,
  goOnLater,
  isHandedOn,
  reasonOf,
  type SavingAttempt,
  savingOf,
} from "./go-on-later.ts";
import { nextPackageCursor, packageStart } from "./package-cursor.ts";
import { packageDefinition } from "./package-definition.ts";
import { putOff } from "./put-off.ts";
import type { OrderedRun, PackageOrder, Run, RunResult } from "./run.ts";
import {
  beginRunAttempt,
  definitionOf,
  deleteAbandonedFiles,
  endRun,
  failRun,
  failureOf,
  mayPass,
  whileAlive,
} from "./run-attempt.ts";
import { type Invocation, RUN_TIMES } from "./run-times.ts";
import { mayBegin, sendNextRun } from "./run-turns.ts";
import { type ExportFile, writeExportFile } from "./write-export-file.ts";

type PackagePorts = Pick<
  Ports,
  "definitions" | "openSource" | "runs" | "runQueue" | "files" | "clock" | "ids" | "log"
>;

/**
 * Executes a run that a partner has ordered: makes its data package, and moves the cursor of the export's packages.
 *
 * The package is for that partner alone: it is in no ledger, and nobody else hears of it. The export's own cursor
 * stays, so that subscribers miss nothing. The end of the run is the commit point: it names the package's file, and
 * moves the cursor in the same transaction. Only the attempt that has the run can end it. Then the files of other
 * attempts are deleted.
 *
 * @see runExport, for failures
 */
export async function runOrder(
  ports: PackagePorts,
  request: RunRequestOf<"order">,
  invocation: Invocation,
): Promise<void> {
  const run = await ports.runs.find(request.exportId, request.runId);
  if (run?.package === undefined) {
    return;
  }
  if (run.endedAt !== null) {
    await deleteOtherFiles(ports, run);
    return;
  }
  if (!(await mayBegin(ports, request, invocation.times ?? RUN_TIMES))) {
    return;
  }
  const last = await attempt(ports, { ...run, package: run.package }, invocation);
  const ended = await ports.runs.find(run.exportId, run.runId);
  if (ended?.endedAt) {
    await deleteOtherFiles(ports, { ...ended, written: [...ended.written, ...last.written] });
  }
  await sendNextRun(ports, run);
}

/** Deletes the files of attempts that did not end the run. */
async function deleteOtherFiles(ports: Pick<Ports, "files">, ended: Run): Promise<void> {
  await deleteAbandonedFiles(ports, ended, ended.result?.packageFile ?? null);
}

/** @returns the run with the file that this attempt wrote */
async function attempt(ports: PackagePorts, run: OrderedRun, invocation: Invocation): Promise<Run> {
  const current: SavingAttempt = { run, hasSaved: false };
  try {
    await makePackage(ports, current, { order: run.package, invocation });
  } catch (error) {
    if (!(await isHandedOn(ports, current, { error, invocation }))) {
      await settleFailure(ports, current.run, reasonOf(run, { error, invocation }));
    }
  }
  return current.run;
}

async function makePackage(
  ports: PackagePorts,
  current: SavingAttempt,
  { order, invocation }: { order: PackageOrder; invocation: Invocation },
): Promise<void> {
  const { run } = current;
  const { definition: exported, owner } = await definitionOf(ports, run);
  const definition = packageDefinition(exported, { ...order, exportId: run.exportId });
  const kept = await ports.runs.packageCursor(run.exportId);
  const cursor = packageStart(kept.cursor, kept.tokens);
  const { maxRows } = order;
  const target = fileOfAttempt(ports, run, {
    // a token that was renewed meanwhile asks for all rows, even if they were read before
    of: [definition, cursor, owner, kept.tokens, maxRows],
    pathOf: (fileId) => ({
      container: "packages",
      name: `${run.exportId}/${run.runId}-${fileId}.zip`,
    }),
  });
  const { path } = target;
  const begun = await beginRunAttempt(ports, run, path);
  if (begun === null) {
    return;
  }
  current.run = begun;
  const saving = savingOf(ports, current, { target, invocation });
  const file = await whileAlive(ports, { run: begun, invocation }, (signal) =>
    writeExportFile(ports, {
      ...{ definition, mode: run.mode, cursor, owner, path, signal, maxRows, saving },
      ...{ writtenAt: ports.clock.now(), attempt: begun.attempts },
    }),
  );
  if (file === null) {
    await goOnLater(ports, current.run);
    return;
  }
  const result = resultOf(file, path);
  const next =
    file.nextCursor === null
      ? null
      : nextPackageCursor(kept.cursor, { cursor: file.nextCursor, tokens: kept.tokens });
  await endRun(ports, { ...current.run, state: "succeeded", result, failure: null }, next);
}

function resultOf(file: ExportFile, path: FilePath): RunResult {
  return {
    totalRecordsExported: file.records,
    fileUploadedSuccessfully: true,
    sequence: null,
    bytes: file.written?.bytes ?? 0,
    mode: file.mode,
    fullBecause: file.fullBecause,
    packageFile: path,
  };
}

async function settleFailure(ports: PackagePorts, run: Run, error: unknown): Promise<void> {
  const failure = mayPass(error)
    ? await putOff(ports, run, { error, schedule: undefined })
    : failureOf(error);
  if (failure !== null) {
    await failRun(ports, run, failure);
  }
}
