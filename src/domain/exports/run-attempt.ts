import type { ExportDefinition } from "../definitions/definitions.ts";
import { AppError, type ErrorCode, isAppError } from "../errors.ts";
import type { FilePath } from "../files.ts";
import { isGivenUp, MAX_INTERRUPTIONS } from "../imports/retry-policy.ts";
import { partnerMessage } from "../partner-message.ts";
import type { Ports } from "../ports.ts";
import type { CursorOwner } from "./export-cursor.ts";
import { RunTakenOver, startHeartbeat } from "./heartbeat.ts";
import type { Run, RunFailure } from "./run.ts";
import { type Invocation, RUN_TIMES } from "./run-times.ts";

/**
 * The definition of a run and the owner of its cursor, unless the run was tried too often.
 *
 * @throws AppError `run-given-up`, `definition-not-found`
 */
export async function definitionOf(
  ports: Pick<Ports, "definitions">,
  run: Run,
): Promise<{ definition: ExportDefinition; owner: CursorOwner }> {
  if (isGivenUp(run)) {
    throw new AppError(
      "run-given-up",
      `Cannot run export "${run.exportId}": ${MAX_INTERRUPTIONS} attempts were interrupted; see the log for what ended them`,
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
 * Notes an attempt and its file. From then on earlier attempts can change nothing about the run.
 *
 * @returns null when the run has ended meanwhile, or another attempt has begun
 */
export async function beginRunAttempt(
  ports: Pick<Ports, "runs" | "clock">,
  run: Run,
  path: FilePath,
): Promise<Run | null> {
  const at = ports.clock.now();
  const begun: Run = {
    ...run,
    state: "running",
    startedAt: run.startedAt ?? at,
    attempts: run.attempts + 1,
    nextAttemptAt: null,
    written: run.written.some(({ name }) => name === path.name)
      ? run.written
      : [...run.written, path],
  };
  // C15
  return (await ports.runs.update(begun, { held: run.attempts, at })) ? begun : null;
}

/**
 * Does the work of an attempt while noting that it is alive.
 *
 * @param work must end with the signal's reason when that aborts: the time is over, or another attempt has the run
 */
export async function whileAlive<Result>(
  ports: Pick<Ports, "runs" | "clock" | "log">,
  { run, invocation }: { run: Run; invocation: Invocation },
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { heartbeatMs } = invocation.times ?? RUN_TIMES;
  const heartbeat = startHeartbeat(ports, run, heartbeatMs);
  try {
    return await work(AbortSignal.any([invocation.signal, heartbeat.signal]));
  } catch (error) {
    throw heartbeat.signal.aborted ? heartbeat.signal.reason : error;
  } finally {
    heartbeat.stop();
  }
}

/** @throws RunTakenOver when another attempt has the run, or it has ended */
export async function requireOwn(ports: Pick<Ports, "runs" | "clock">, run: Run): Promise<void> {
  if (!(await ports.runs.beat(run, ports.clock.now()))) {
    throw new RunTakenOver();
  }
}

/**
 * Ends a run with its result. A run that has ended, or that another attempt has, stays as it is.
 *
 * @returns whether this call ended it
 */
export async function endRun(
  ports: Pick<Ports, "runs" | "clock" | "log">,
  run: Run,
  cursor: string | null,
): Promise<boolean> {
  const ended: Run = { ...run, nextAttemptAt: null, endedAt: ports.clock.now() };
  // C19
  if (!(await ports.runs.finish(ended, cursor))) {
    return false;
  }
  ports.log("run-ended", {
    exportId: run.exportId,
    runId: run.runId,
    state: run.state,
    attempts: run.attempts,
    records: run.result?.totalRecordsExported,
    sequence: run.result?.sequence,
    executionId: run.package?.executionId,
    failure: run.state === "failed" ? run.failure?.message : undefined,
  });
  return true;
}

/** Ends a run that failed for good. */
export async function failRun(
  ports: Pick<Ports, "runs" | "clock" | "log">,
  run: Run,
  failure: RunFailure,
): Promise<boolean> {
  return endRun(ports, { ...run, state: "failed", failure }, null);
}

/** Codes of failures that another attempt may not meet. */
const PASSING: ReadonlySet<ErrorCode> = new Set(["source-unavailable", "definition-unreadable"]);

/** Whether another attempt may succeed: the source is unavailable, or the error was unforeseen. */
export function mayPass(error: unknown): boolean {
  return !isAppError(error) || PASSING.has(error.code);
}

/** The record of a final failure. */
export function failureOf(error: unknown): RunFailure {
  const failure = error as AppError;
  return { code: failure.code, message: failure.message, partnerMessage: partnerMessage(failure) };
}

/**
 * Deletes the files of other attempts. Call it only once the run's file is decided: before that, an attempt that is
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
