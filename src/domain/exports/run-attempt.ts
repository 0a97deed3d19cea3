import type { ExportDefinition } from "../../contracts/definitions.ts";
import { AppError } from "../errors.ts";
import { partnerMessage } from "../partner-message.ts";
import type { FilePath, Ports } from "../ports.ts";
import type { CursorOwner } from "./export-cursor.ts";
import type { Run } from "./run.ts";

/** A run that a crash or an outage interrupted this often is given up: its slot's rows come with a later run. */
const MAX_ATTEMPTS = 10;

/**
 * What the run is to do, and whose cursor it moves, unless it was tried too often.
 *
 * @throws AppError `run-given-up`, `definition-not-found`
 */
export async function definitionOf(
  ports: Pick<Ports, "definitions">,
  run: Run,
): Promise<{ definition: ExportDefinition; owner: CursorOwner }> {
  if (run.attempts >= MAX_ATTEMPTS) {
    throw new AppError(
      "run-given-up",
      `Cannot run export "${run.exportId}": ${MAX_ATTEMPTS} attempts were interrupted; see the log for what ended them`,
    );
  }
  const definition = await ports.definitions.find("exports", run.exportId);
  if (definition === null) {
    throw new AppError(
      "definition-not-found",
      `Cannot run export "${run.exportId}": it was deleted`,
    );
  }
  const { incarnation, body } = definition;
  if (run.incarnation !== undefined && run.incarnation !== incarnation) {
    throw new AppError(
      "definition-not-found",
      `Cannot run export "${run.exportId}": it was deleted, and created again after the run was asked for; run it again`,
    );
  }
  return { definition: body, owner: { incarnation, fileType: run.fileType } };
}

/**
 * Notes an attempt and the file that it will write.
 *
 * @returns null when the run has ended meanwhile
 */
export async function beginAttempt(
  ports: Pick<Ports, "runs" | "clock">,
  run: Run,
  path: FilePath,
): Promise<Run | null> {
  const begun: Run = {
    ...run,
    state: "running",
    startedAt: ports.clock.now(),
    attempts: run.attempts + 1,
    written: [...run.written, path],
  };
  return (await ports.runs.update(begun)) ? begun : null;
}

/** Ends a run, with what came of it. One that has ended stays as it is. */
export async function endRun(
  ports: Pick<Ports, "runs" | "clock" | "log">,
  run: Run,
  cursor: string | null,
): Promise<void> {
  const ended: Run = { ...run, endedAt: ports.clock.now() };
  if (!(await ports.runs.finish(ended, cursor))) {
    return;
  }
  ports.log("run-ended", {
    exportId: run.exportId,
    runId: run.runId,
    state: run.state,
    records: run.result?.totalRecordsExported,
    sequence: run.result?.sequence,
    executionId: run.package?.executionId,
    failure: run.failure?.message,
  });
}

/** Ends a run that failed for good. */
export async function failRun(
  ports: Pick<Ports, "runs" | "clock" | "log">,
  run: Run,
  error: AppError,
): Promise<void> {
  const { code, message } = error;
  const failure = { code, message, partnerMessage: partnerMessage(error) };
  await endRun(ports, { ...run, state: "failed", failure }, null);
}

/**
 * Deletes what other attempts wrote. Only once it is settled which file is the run's: before that, an attempt that is
 * thought dead might still finish with its own.
 */
export async function deleteAbandonedFiles(
  ports: Pick<Ports, "files">,
  run: Run,
  kept: FilePath | null,
): Promise<void> {
  for (const path of run.written) {
    if (path.name !== kept?.name) {
      await ports.files.delete(path);
    }
  }
}
