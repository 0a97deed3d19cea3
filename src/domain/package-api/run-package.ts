import { tooLong } from "../exports/go-on-later.ts";
import { RunTakenOver } from "../exports/heartbeat.ts";
import { putOff } from "../exports/put-off.ts";
import type { OrderedRun, Run, RunResult } from "../exports/run.ts";
import {
  beginAttempt,
  definitionOf,
  deleteAbandonedFiles,
  endRun,
  failRun,
  failureOf,
  mayPass,
  whileAlive,
} from "../exports/run-attempt.ts";
import type { Invocation } from "../exports/run-times.ts";
import { type ExportFile, writeExportFile } from "../exports/write-export-file.ts";
import type { FilePath, Ports } from "../ports.ts";
import { nextPackageCursor, packageStart } from "./package-cursor.ts";
import { packageDefinition } from "./package-definition.ts";

type PackagePorts = Pick<
  Ports,
  "definitions" | "openSource" | "runs" | "files" | "clock" | "ids" | "log"
>;

/**
 * Executes a run that a partner has ordered: makes its data package, and moves the cursor of the export's packages.
 *
 * The package is for that partner alone: it is in no ledger, nobody is told of it, and the export's own cursor stays
 * where it is, so that subscribers miss nothing. The end of the run is the commit point: it says which file is the
 * package, and moves the cursor in the same transaction. Only the attempt that has the run can end it. Whatever other
 * attempts wrote is deleted after it.
 *
 * @see runExport, for failures
 */
export async function runPackage(
  ports: PackagePorts,
  run: OrderedRun,
  invocation: Invocation,
): Promise<void> {
  const last = await attempt(ports, run, invocation);
  const ended = await ports.runs.find(run.exportId, run.runId);
  if (ended?.endedAt) {
    const kept = ended.result?.packageFile ?? null;
    const written = [...ended.written, ...last.written];
    await deleteAbandonedFiles(ports, { ...ended, written }, kept);
  }
}

/** @returns the run with the file that this attempt wrote */
async function attempt(ports: PackagePorts, run: OrderedRun, invocation: Invocation): Promise<Run> {
  let current: Run = run;
  try {
    const { definition: exported, owner } = await definitionOf(ports, run);
    const definition = packageDefinition(exported, {
      ...run.package,
      exportId: run.exportId,
    });
    const path: FilePath = {
      container: "packages",
      name: `${run.exportId}/${run.runId}-${ports.ids.guid()}.zip`,
    };
    const begun = await beginAttempt(ports, run, path);
    if (begun === null) {
      return run;
    }
    current = begun;
    const kept = await ports.runs.packageCursor(run.exportId);
    const file = await whileAlive(ports, { run: begun, invocation }, (signal) =>
      writeExportFile(ports, {
        ...{ definition, mode: run.mode, owner, path, signal },
        cursor: packageStart(kept.cursor, kept.tokens),
        writtenAt: ports.clock.now(),
        maxRows: run.package.maxRows,
        ...{ attempt: begun.attempts, saving: null },
      }),
    );
    if (file === null) {
      throw new Error("Cannot make a package in pieces");
    }
    const result = resultOf(file, path);
    const cursor =
      file.nextCursor === null
        ? null
        : nextPackageCursor(kept.cursor, { cursor: file.nextCursor, tokens: kept.tokens });
    await endRun(ports, { ...begun, state: "succeeded", result, failure: null }, cursor);
  } catch (error) {
    await settleFailure(ports, current, invocation.signal.aborted ? tooLong(run) : error);
  }
  return current;
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
  if (error instanceof RunTakenOver) {
    ports.log("run-lost", { exportId: run.exportId, runId: run.runId, attempt: run.attempts });
    return;
  }
  const failure = mayPass(error)
    ? await putOff(ports, run, { error, schedule: undefined })
    : failureOf(error);
  if (failure !== null) {
    await failRun(ports, run, failure);
  }
}
