import { isAppError } from "../errors.ts";
import { runPackage } from "../package-api/run-package.ts";
import type { Ports, RunRequestOf } from "../ports.ts";
import { announceEntries } from "../publishing/announce-entries.ts";
import { filePath } from "../publishing/file-path.ts";
import type { LedgerEntry } from "../publishing/ledger-entry.ts";
import type { Run, RunResult } from "./run.ts";
import {
  beginAttempt,
  definitionOf,
  deleteAbandonedFiles,
  endRun,
  failRun,
} from "./run-attempt.ts";
import { type ExportFile, exportFileNames, writeExportFile } from "./write-export-file.ts";

type RunPorts = Pick<
  Ports,
  | "definitions"
  | "openSource"
  | "runs"
  | "files"
  | "ledger"
  | "announcements"
  | "clock"
  | "ids"
  | "log"
>;

/**
 * Executes a run: reads the sources, writes the file, publishes it, moves the cursor, announces.
 *
 * The ledger entry is the commit point. A crash before it leaves a run that is executed again from the same cursor; a
 * crash after it leaves an entry under the run's id, which the next attempt finds and completes: same file, same
 * number, and the cursor that belongs to that very file. The cursor moves in the transaction that ends the run, so it
 * moves once. What is in the ledger and not announced yet is announced by whoever comes next.
 *
 * A run that a partner has ordered publishes nothing: see {@link runPackage}.
 *
 * Failures that have a name are final and recorded; any other is thrown, so that the queue hands the run out again.
 *
 * @param signal ends the work early, e.g. when the lock on the run is lost
 */
export async function runExport(
  ports: RunPorts,
  request: RunRequestOf<"export">,
  signal: AbortSignal,
): Promise<void> {
  const run = await ports.runs.find(request.exportId, request.runId);
  if (run?.package !== undefined) {
    await runPackage(ports, { ...run, package: run.package }, signal);
    return;
  }
  if (run === null || run.endedAt !== null) {
    return;
  }
  try {
    await executeRun(ports, run, signal);
  } catch (error) {
    if (!isAppError(error)) {
      throw error;
    }
    await failRun(ports, run, error);
  }
}

async function executeRun(ports: RunPorts, run: Run, signal: AbortSignal): Promise<void> {
  const published = await ports.ledger.findByOrigin(run.fileType, run.runId);
  if (published !== null) {
    await completeRun(ports, run, published);
    return;
  }
  const { definition, owner } = await definitionOf(ports, run);
  const names = exportFileNames(definition);
  const fileId = ports.ids.guid();
  const writtenAt = ports.clock.now();
  const path = filePath({
    fileType: run.fileType,
    at: writtenAt,
    correlationId: run.runId,
    fileId,
    extension: names.extension,
  });
  const begun = await beginAttempt(ports, run, path);
  if (begun === null) {
    return;
  }
  const { cursor } = await ports.runs.current(run.exportId);
  const file = await writeExportFile(ports, {
    ...{ definition, mode: run.mode, cursor, owner, path, writtenAt, signal },
    maxRows: null,
  });
  if (file.written === null) {
    await endWithoutFile(ports, begun, file);
    return;
  }
  const { contentType, contentEncoding } = names;
  const entity = definition.entities.map(({ name }) => name).join(", ");
  const entry = await ports.ledger.append({
    ...{ fileType: run.fileType, fileId, correlationId: run.runId, originId: run.runId },
    ...{ path, uri: ports.files.uri(path), contentType, contentEncoding, entity },
    ...{ records: file.records, bytes: file.written.bytes, sha256: file.written.sha256 },
    ...{ mode: file.mode, window: file.window, fullBecause: file.fullBecause },
    publishedAt: ports.clock.now(),
    nextCursor: file.nextCursor,
    retentionDays: definition.retentionDays,
  });
  await completeRun(ports, begun, entry);
}

/** Everything after the commit point; each step may be repeated. */
async function completeRun(ports: RunPorts, run: Run, entry: LedgerEntry): Promise<void> {
  await deleteAbandonedFiles(ports, run, entry.path);
  const result: RunResult = {
    totalRecordsExported: entry.records,
    fileUploadedSuccessfully: true,
    sequence: entry.sequence,
    bytes: entry.bytes,
    mode: entry.mode,
    fullBecause: entry.fullBecause,
  };
  await endRun(ports, { ...run, state: "succeeded", result }, entry.nextCursor);
  await announceEntries(ports, { fileType: entry.fileType });
}

async function endWithoutFile(ports: RunPorts, run: Run, file: ExportFile): Promise<void> {
  const result: RunResult = {
    totalRecordsExported: 0,
    fileUploadedSuccessfully: false,
    sequence: null,
    bytes: 0,
    mode: file.mode,
    fullBecause: file.fullBecause,
  };
  await endRun(ports, { ...run, state: "succeeded", result }, file.nextCursor);
}
