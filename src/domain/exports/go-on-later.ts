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

/** The file of an attempt: that of earlier attempts, or a new one. */
export interface FileOfAttempt {
  readonly path: FilePath;
  readonly fileId: string;
  /** Place where earlier attempts stopped; null: the file is new. */
  readonly from: Checkpoint | null;
  /** @see Checkpoint.of */
  readonly of: string;
}

/**
 * @param options.of everything that decides the file's rows and their form; if it has changed, the file is begun again
 * @param options.pathOf makes the path of a new file
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

/** A place that another version saved in another form cannot be continued. */
const CHECKPOINT_VERSION = 2;

/** Room in a run's row, less its other members. */
const MAX_CHECKPOINT_LENGTH = 400_000;

/**
 * Between two entities, places are saved more often, at this part of the usual interval: the next entity may have no
 * place.
 */
const ENTITY_SHARE = 1 / 24;

/** The part of an attempt that concerns places. */
export interface SavingAttempt {
  run: Run;
  /** Whether the attempt has saved its place. */
  hasSaved: boolean;
}

/**
 * Makes the saving of an attempt's place: in its run, every two minutes and when its time ends.
 *
 * @param attempt changes with each saved place
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

/** A source that comes to an earlier place would be read without end. */
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
 * Lets another attempt continue after a failure, if one can.
 *
 * @returns whether one continues, or another one has the run already; otherwise the failure must be recorded
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
 * Lets another attempt continue, by a new message in the queue: the queue sets aside a message that is delivered again
 * and again.
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

/** Limit, so that an export which can never continue is not read again and again. */
const MAX_RESTARTS = 3;

/** Lets another attempt begin with a new file; this attempt counts as interrupted. @returns whether one begins */
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

/** Failure of a run that no attempt continues: of a kind that may pass, or not. */
export function reasonOf(
  { exportId }: Run,
  { error, invocation }: { error: unknown; invocation: Invocation },
): unknown {
  if (error instanceof CannotGoOn || error instanceof PathTaken) {
    return new AppError(
      "run-too-long",
      `Cannot run export "${exportId}": it was begun again ${MAX_RESTARTS} times and still cannot continue, because: ${error.message}; read less at once`,
      { cause: error },
    );
  }
  // another attempt would need as long
  return invocation.signal.aborted
    ? new AppError(
        "run-too-long",
        `Cannot run export "${exportId}": its time is over, and it cannot continue where it stopped; name a "key" in its source if that is a query, a view or a table that is read whole, choose a text format, or read less at once`,
      )
    : error;
}
