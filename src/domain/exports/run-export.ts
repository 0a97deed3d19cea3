import type { ExportDefinition } from "../definitions/definitions.ts";
import type { FilePath } from "../files.ts";
import { announceEntries } from "../ledger/announce-entries.ts";
import { filePath } from "../ledger/file-path.ts";
import { type LedgerEntry, OriginClosed } from "../ledger/ledger-entry.ts";
import type { Ports, RunRequestOf } from "../ports.ts";
import {
  fileOfAttempt,
  goOnLater,
  isHandedOn,
  reasonOf,
  type SavingAttempt,
  savingOf,
} from "./go-on-later.ts";
import { putOff } from "./put-off.ts";
import type { Run, RunFailure, RunResult } from "./run.ts";
import {
  beginRunAttempt,
  definitionOf,
  deleteAbandonedFiles,
  endRun,
  failRun,
  failureOf,
  mayPass,
  requireOwn,
  whileAlive,
} from "./run-attempt.ts";
import { type Invocation, RUN_TIMES } from "./run-times.ts";
import { mayBegin, sendNextRun } from "./run-turns.ts";
import { type ExportFile, exportFileNames, writeExportFile } from "./write-export-file.ts";

export type RunPorts = Pick<
  Ports,
  | "definitions"
  | "openSource"
  | "runs"
  | "runQueue"
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
 * The ledger entry is the commit point. After a crash before it, the run is executed again from the same cursor. After
 * a crash behind it, the next attempt finds the entry by the run's id and completes it. File and number stay, and the
 * cursor is that of this file. The cursor moves in the transaction that ends the run, so it moves once. Any later run
 * or tick announces entries that were not announced.
 *
 * One attempt at a time has the run, and notes that it is alive. An attempt that comes back late changes nothing. The
 * run is written under the number of the attempt, and a run that ends without an entry closes its origin in the ledger.
 *
 * A run that a partner has ordered publishes nothing: see `runOrder`.
 *
 * An attempt whose time ends saves its place and lets another one continue, as often as necessary.
 *
 * An unavailable source, or an unforeseen error, puts the run off. Any other failure is final and recorded.
 */
export async function runExport(
  ports: RunPorts,
  request: RunRequestOf<"export">,
  invocation: Invocation,
): Promise<void> {
  const run = await ports.runs.find(request.exportId, request.runId);
  if (run === null || run.endedAt !== null || run.package !== undefined) {
    return;
  }
  if (!(await mayBegin(ports, request, invocation.times ?? RUN_TIMES))) {
    return;
  }
  await publishRun(ports, run, invocation);
  await sendNextRun(ports, run);
}

/** An attempt at a run and its progress. */
interface Attempt extends SavingAttempt {
  /** Whether an entry may exist: this attempt asked for one, or an earlier one that comes back late still can. */
  mayBePublished: boolean;
  definition: ExportDefinition | null;
  path: FilePath | null;
}

async function publishRun(ports: RunPorts, run: Run, invocation: Invocation): Promise<void> {
  const attempt: Attempt = {
    run,
    hasSaved: false,
    mayBePublished: run.attempts > 0,
    definition: null,
    path: null,
  };
  try {
    const published = await ports.ledger.findByOrigin(run.fileType, run.runId);
    if (published === null) {
      await attemptRun(ports, attempt, invocation);
    } else {
      await completeRun(ports, run, published);
    }
  } catch (error) {
    await settleFailure(ports, attempt, { error, invocation });
  }
}

async function attemptRun(
  ports: RunPorts,
  attempt: Attempt,
  invocation: Invocation,
): Promise<void> {
  const { run } = attempt;
  const { definition, owner } = await definitionOf(ports, run);
  const { cursor } = await ports.runs.current(run.exportId);
  const writtenAt = ports.clock.now();
  const target = fileOfAttempt(ports, run, {
    of: [definition, cursor, owner],
    pathOf: (fileId) =>
      filePath({
        fileType: run.fileType,
        at: writtenAt,
        correlationId: run.runId,
        fileId,
        extension: exportFileNames(definition).extension,
      }),
  });
  const { path, fileId } = target;
  const begun = await beginRunAttempt(ports, run, path);
  if (begun === null) {
    return;
  }
  attempt.run = begun;
  attempt.definition = definition;
  attempt.path = path;
  const saving = savingOf(ports, attempt, { target, invocation });
  const file = await whileAlive(ports, { run: begun, invocation }, (signal) =>
    writeExportFile(ports, {
      ...{ definition, mode: run.mode, cursor, owner, path, writtenAt, signal, saving },
      ...{ maxRows: null, attempt: begun.attempts },
    }),
  );
  if (file === null) {
    await goOnLater(ports, attempt.run);
    return;
  }
  if (file.written === null) {
    await endWithoutFile(ports, attempt, file);
    return;
  }
  const { contentType, contentEncoding } = exportFileNames(definition);
  const entity = definition.entities.map(({ name }) => name).join(", ");
  attempt.mayBePublished = true;
  // C18
  const entry = await ports.ledger.append({
    ...{ fileType: run.fileType, fileId, correlationId: run.runId, originId: run.runId },
    ...{ path, uri: ports.files.uri(path), contentType, contentEncoding, entity },
    ...{ records: file.records, bytes: file.written.bytes, sha256: file.written.sha256 },
    ...{ mode: file.mode, window: file.window, fullBecause: file.fullBecause },
    publishedAt: ports.clock.now(),
    nextCursor: file.nextCursor,
    retentionDays: definition.retentionDays,
  });
  await completeRun(ports, attempt.run, entry);
}

/** All steps after the commit point; each may be repeated. */
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
  await endRun(ports, { ...run, state: "succeeded", result, failure: null }, entry.nextCursor);
  await announceEntries(ports, { fileType: entry.fileType }); // C20
}

async function endWithoutFile(ports: RunPorts, attempt: Attempt, file: ExportFile): Promise<void> {
  await requireOwn(ports, attempt.run);
  const entry = await closeOrigin(ports, attempt);
  if (entry !== null) {
    await completeRun(ports, attempt.run, entry);
    return;
  }
  const result: RunResult = {
    totalRecordsExported: 0,
    fileUploadedSuccessfully: false,
    sequence: null,
    bytes: 0,
    mode: file.mode,
    fullBecause: file.fullBecause,
  };
  const ended: Run = { ...attempt.run, state: "succeeded", result, failure: null };
  await endRun(ports, ended, file.nextCursor);
}

/**
 * Closes the run's origin before the run ends without an entry. Otherwise an earlier attempt that is thought dead could
 * still publish its file, although a later run has the same rows.
 *
 * @returns the entry that exists already
 */
async function closeOrigin(
  ports: RunPorts,
  { run, mayBePublished }: Attempt,
): Promise<LedgerEntry | null> {
  return mayBePublished ? ports.ledger.close(run.fileType, run.runId) : null;
}

/** @throws Error when even the failure cannot be noted: the queue then delivers the run again */
async function settleFailure(
  ports: RunPorts,
  attempt: Attempt,
  { error, invocation }: { error: unknown; invocation: Invocation },
): Promise<void> {
  if (error instanceof OriginClosed) {
    await giveUp(ports, attempt);
  } else if (!(await isHandedOn(ports, attempt, { error, invocation }))) {
    await putOffOrFail(ports, attempt, reasonOf(attempt.run, { error, invocation }));
  }
}

/** The run ended without this attempt's file, which is not needed any more. */
async function giveUp(ports: RunPorts, { run, path }: Attempt): Promise<void> {
  ports.log("run-lost", { exportId: run.exportId, runId: run.runId, attempt: run.attempts });
  if (path !== null) {
    await ports.files.delete(path);
  }
  const message = `Cannot publish the file of export "${run.exportId}": an earlier attempt had ended the run`;
  await failRun(ports, run, { code: "run-given-up", message });
}

async function putOffOrFail(ports: RunPorts, attempt: Attempt, error: unknown): Promise<void> {
  const { run } = attempt;
  const schedule = attempt.definition?.schedule;
  const failure = mayPass(error) ? await putOff(ports, run, { error, schedule }) : failureOf(error);
  if (failure !== null && (await ports.runs.beat(run, ports.clock.now()))) {
    await failPublishing(ports, attempt, failure);
  }
}

async function failPublishing(
  ports: RunPorts,
  attempt: Attempt,
  failure: RunFailure,
): Promise<void> {
  const { run } = attempt;
  const entry = await closeOrigin(ports, attempt);
  if (entry !== null) {
    await completeRun(ports, run, entry);
  } else if (await failRun(ports, run, failure)) {
    await deleteAbandonedFiles(ports, run, null);
  }
}
