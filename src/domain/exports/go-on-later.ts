import { AppError } from "../errors.ts";
import type { FilePath } from "../files.ts";
import type { Ports } from "../ports.ts";
import { CannotGoOn } from "../source.ts";
import { watchCircle } from "../values/circle.ts";
import { shortDigest } from "../values/digest.ts";
import { RunTakenOver } from "./heartbeat.ts";
import type { Checkpoint, Run } from "./run.ts";
import { type Invocation, RUN_TIMES } from "./run-times.ts";
import { sendOwnRun } from "./run-turns.ts";
import { PathTaken } from "./staged-file.ts";
import type { SavedPlace, Saving } from "./write-request.ts";

/** The file that an attempt writes: the one of earlier attempts, or a new one. */
export interface FileOfAttempt {
  readonly path: FilePath;
  readonly fileId: string;
  /** Where earlier attempts have stopped; null: the file is new. */
  readonly from: Checkpoint | null;
  /** @see Checkpoint.of */
  readonly of: string;
}

/**
 * @param options.of all that decides which rows are in the file, and how: when it has changed, the file is begun anew
 * @param options.pathOf where to put a new file
 */
export function fileOfAttempt(
  ports: Pick<Ports, "ids">,
  { checkpoint }: Run,
  options: { of: readonly unknown[]; pathOf: (fileId: string) => FilePath },
): FileOfAttempt {
  const of = shortDigest([CHECKPOINT_VERSION, ...options.of]);
  if (checkpoint?.of === of) {
    const { path, fileId } = checkpoint;
    return { path, fileId, from: checkpoint, of };
  }
  const fileId = ports.ids.guid();
  return { path: options.pathOf(fileId), fileId, from: null, of };
}

/** A place that another version has saved in another form is not gone on from. */
const CHECKPOINT_VERSION = 2;

/** What a run's row holds, less what else it says. */
const MAX_CHECKPOINT_LENGTH = 400_000;

/** Between two entities, where the next one may have no place, more is saved: this part of the usual interval. */
const ENTITY_SHARE = 1 / 24;

/** An attempt as far as places are concerned. */
export interface SavingAttempt {
  run: Run;
  /** Whether it has saved its place. */
  hasSaved: boolean;
}

/**
 * How an attempt saves its place: in its run, every two minutes and when its time ends.
 *
 * @param attempt changes with each place that is saved
 */
export function savingOf(
  ports: Pick<Ports, "runs" | "clock" | "log">,
  attempt: SavingAttempt,
  { target, invocation }: { target: FileOfAttempt; invocation: Invocation },
): Saving {
  const { saveEveryMs } = invocation.times ?? RUN_TIMES;
  const { path, fileId, from, of } = target;
  const timeEnds = () => invocation.goOnLater?.aborted === true;
  let savedAt = ports.clock.now();
  let last = from;
  return {
    from,
    isDue: (where) => {
      const everyMs = where === "entity" ? saveEveryMs * ENTITY_SHARE : saveEveryMs;
      return timeEnds() || ports.clock.now().getTime() - savedAt.getTime() >= everyMs;
    },
    save: async (place) => {
      savedAt = ports.clock.now();
      const watch = watchOf(attempt.run, last, place);
      const checkpoint: Checkpoint = { of, path, fileId, ...place, watch };
      const { length } = JSON.stringify(checkpoint);
      if (length > MAX_CHECKPOINT_LENGTH) {
        const { exportId, runId } = attempt.run;
        ports.log("place-too-large", { exportId, runId, length });
        return true;
      }
      const run: Run = { ...attempt.run, checkpoint };
      // C16
      if (!(await ports.runs.update(run, { held: run.attempts, at: savedAt }))) {
        throw new RunTakenOver();
      }
      last = checkpoint;
      attempt.run = run;
      attempt.hasSaved = true;
      return !timeEnds();
    },
  };
}

/** A source that comes to a place again would be read without end. */
function watchOf(
  { exportId }: Run,
  last: Checkpoint | null,
  { ended, entity }: SavedPlace,
): Checkpoint["watch"] {
  if (entity === null) {
    return null;
  }
  const before = last?.ended.length === ended.length ? last.watch : null;
  const watch = watchCircle(before, shortDigest(entity.place));
  if (watch === null) {
    throw new AppError(
      "source-invalid",
      `Cannot run export "${exportId}": its source has come to a place where it was before, and would be read without end`,
    );
  }
  return watch;
}

type SendPorts = Pick<Ports, "runs" | "runQueue" | "clock" | "log">;

/**
 * Has another attempt go on after a failure, where one can.
 *
 * @returns whether it does, or another one has the run already; if not, the failure is to be recorded
 */
export async function isHandedOn(
  ports: SendPorts,
  { run, hasSaved }: SavingAttempt,
  { error, invocation }: { error: unknown; invocation: Invocation },
): Promise<boolean> {
  if (error instanceof RunTakenOver) {
    ports.log("run-lost", { exportId: run.exportId, runId: run.runId, attempt: run.attempts });
    return true;
  }
  if (error instanceof CannotGoOn || error instanceof PathTaken) {
    return startAnew(ports, run, error);
  }
  if (invocation.signal.aborted && hasSaved) {
    await goOnLater(ports, run);
    return true;
  }
  return false;
}

/**
 * Has another attempt go on, by a message of its own in the queue: one that is handed out again and again is at some
 * time set aside there.
 */
export async function goOnLater(ports: SendPorts, run: Run): Promise<void> {
  await handOn(ports, { ...run, continuations: run.continuations + 1 });
  ports.log("run-continued", {
    exportId: run.exportId,
    runId: run.runId,
    attempts: run.attempts,
    entities: run.checkpoint?.ended.length,
    records: run.checkpoint?.entity?.records,
  });
}

/** An export that can never go on would be read again and again. */
const MAX_RESTARTS = 3;

/** Has another attempt begin with a new file; this attempt counts as interrupted. @returns whether it does */
async function startAnew(ports: SendPorts, run: Run, because: Error): Promise<boolean> {
  const { exportId, runId, restarts = 0 } = run;
  if (restarts >= MAX_RESTARTS) {
    return false;
  }
  await handOn(ports, { ...run, checkpoint: null, restarts: restarts + 1 });
  ports.log("run-started-anew", { exportId, runId, because: because.message });
  return true;
}

async function handOn(ports: SendPorts, run: Run): Promise<void> {
  const at = ports.clock.now();
  if (await ports.runs.update({ ...run, state: "queued" }, { held: run.attempts, at })) {
    await sendOwnRun(ports, run);
  }
}

/** Why a run that nobody goes on with fails: of a kind that may pass, or not. */
export function reasonOf(
  { exportId }: Run,
  { error, invocation }: { error: unknown; invocation: Invocation },
): unknown {
  if (error instanceof CannotGoOn || error instanceof PathTaken) {
    return new AppError(
      "run-too-long",
      `Cannot run export "${exportId}": it was begun anew ${MAX_RESTARTS} times and could again not go on, because: ${error.message}; read less at once`,
      { cause: error },
    );
  }
  // another attempt would need as long
  return invocation.signal.aborted
    ? new AppError(
        "run-too-long",
        `Cannot run export "${exportId}": its time is over, and it cannot go on where it stopped; name a "key" in its source if that is a query, a view or a table that is read whole, choose a text format, or read less at once`,
      )
    : error;
}
