import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { AppError } from "../errors.ts";
import type { FilePath } from "../files.ts";
import type { Ports } from "../ports.ts";
import { alive, begun, isOwed, processing, type Submission } from "../submissions/submission.ts";
import type { EndedPart } from "./entity-failure.ts";
import type { ImportDefinition } from "./import-definition.ts";
import { definitionFor, isCheck } from "./import-options.ts";
import type { ImportFailure } from "./import-result.ts";
import { BEAT_MS, isDue } from "./retry-policy.ts";
import { type ErrorList, errorList } from "./row-errors.ts";

export type ImportPorts = Pick<
  Ports,
  | ("definitions" | "submissions" | "runQueue" | "clock" | "ids" | "log")
  | ("files" | "openTarget" | "ledger" | "announcements")
>;

/** One attempt at a submission: everything that the steps of an import share, and their results so far. */
export interface Attempt extends Hold {
  readonly ports: ImportPorts;
  /** The definition, as changed by the partner's options. */
  readonly definition: ImportDefinition;
  /** Version of the stored definition. */
  readonly version: string;
  /** Aborted when the attempt's time ends. */
  readonly time: AbortSignal;
  /** Aborted when the attempt's time ends, or when the attempt has lost the submission. */
  readonly signal: AbortSignal;
  /** Whether a target has stored rows for good: another attempt continues after them. */
  hasKeptRows: boolean;
  readonly errors: ErrorList;
  readonly ended: EndedPart[];
  /** The first final failure; other entities may have continued after it. */
  failure: ImportFailure | null;
  /** A file that this attempt may write: `list`, or an entity's place in the definition. */
  file(name: string): FilePath;
}

/** The submission while an attempt holds it, until another takes it over. */
interface Hold {
  /** Aborted when the submission was taken over: later work of the attempt does not count. */
  readonly lost: AbortSignal;
  /** The submission after the attempt's last change. */
  submission(): Submission;
  /** Changes the submission, one change after the other. @throws TakenOver */
  change(next: (submission: Submission) => Submission): Promise<void>;
  /** Notes that the attempt is alive, at most every 15 seconds. @throws TakenOver */
  beat(): Promise<void>;
  /** Ends the heartbeat. */
  stop(): void;
}

/** Another attempt has the submission by now, or somebody took it away. */
export class TakenOver extends Error {}

/** Interval of the check for a due heartbeat, even while the attempt waits for something else. */
const LOOK_MS = 5_000;
/** Upper bound of changes by others that leave the submission to the attempt; they are rare. */
const MAX_CONFLICTS = 5;
/** Upper bound of changes to a submission without an attempt; they are rare: a tick notes that it was sent again. */
const MAX_CONFLICTS_AT_BEGIN = 3;

/**
 * Takes a submission over, and deletes the files that earlier attempts have written about it: none of them can end it
 * any more.
 *
 * @param time ends the attempt early
 * @returns null when another attempt has the submission; otherwise the heartbeat continues until it is stopped
 */
export async function beginAttempt(
  ports: ImportPorts,
  found: { submission: Submission; definition: ImportDefinition },
  time: AbortSignal,
): Promise<Attempt | null> {
  const { submission, definition } = found;
  const attemptId = ports.ids.guid();
  // new names for each attempt: a name that an earlier attempt has used cannot be written again
  const folder = `${submission.connectorId}/${submission.id}/${attemptId}`;
  const file = (name: string) => ({ container: "import-errors", name: `${folder}/${name}` });
  const writes = ["list", ...definition.entities.keys()].map((name) => file(String(name)));
  const taken = await take(ports, submission, { attemptId, writes });
  if (taken === null) {
    return null;
  }
  const hold = holdMessage(ports, taken.submission);
  try {
    for (const path of taken.earlierFiles) {
      await ports.files.delete(path); // C4
    }
  } catch (error) {
    hold.stop();
    throw error;
  }
  return {
    ...hold,
    ports,
    definition: definitionFor(definition, taken.submission),
    version: createHash("sha256").update(JSON.stringify(definition)).digest("hex"),
    time,
    signal: AbortSignal.any([time, hold.lost]),
    hasKeptRows: false,
    errors: errorList(definition.errors.maxErrorsKept),
    ended: [],
    failure: null,
    file,
  };
}

/** @returns null when another attempt has the submission */
async function take(
  ports: Pick<Ports, "submissions" | "clock">,
  found: Submission,
  facts: { attemptId: string; writes: readonly FilePath[] },
): Promise<{ submission: Submission; earlierFiles: readonly FilePath[] } | null> {
  let before: Submission | null = found;
  for (let conflicts = 0; conflicts < MAX_CONFLICTS_AT_BEGIN && before !== null; conflicts++) {
    const now = ports.clock.now();
    if (!isOwed(before) || !isDue(before, now)) {
      return null;
    }
    const submission = begun(before, { ...facts, now });
    // C3
    if (await ports.submissions.replace(before, submission)) {
      return { submission, earlierFiles: before.written };
    }
    before = await ports.submissions.get(before.connectorId, before.id);
  }
  return null;
}

/**
 * Notes that rows go to the target from here on. Await it before the first one. A check writes no rows, and its
 * submission stays in preprocessing, where nothing has been written yet.
 *
 * @throws AppError `definition-changed`: all rows of one execution go by one definition, otherwise their numbers would
 *   not mean the same row
 */
export async function beginRows(attempt: Attempt): Promise<void> {
  const submission = attempt.submission();
  const { importVersion, state } = submission;
  if (isCheck(submission) || state === "processing") {
    return;
  }
  if (importVersion !== null && importVersion !== attempt.version) {
    throw new AppError(
      "definition-changed",
      "Cannot go on with the import: its definition was changed after an interrupted attempt had begun to write rows; requeue the submission",
    );
  }
  await attempt.change((held) => processing(held, attempt.version)); // C5
}

/**
 * Yields batches while the attempt has time and its submission. @throws TakenOver, or the reason why its time has ended
 */
export async function* paced<Batch>(
  attempt: Pick<Attempt, "time" | "beat">,
  batches: AsyncIterable<Batch>,
): AsyncGenerator<Batch> {
  for await (const batch of batches) {
    // rows in memory would never let other work of this process have its turn
    await setImmediate();
    attempt.time.throwIfAborted();
    await attempt.beat();
    yield batch;
  }
}

/**
 * Holds a submission that this attempt has begun. Its heartbeat in the submission's row shows others that an attempt is
 * running, and shows the attempt when it was taken over.
 *
 * A heartbeat that cannot be written ends nothing: storage may be unavailable for a while. If that takes long, another
 * attempt takes over, and this one learns of it by its next change.
 */
function holdMessage(
  ports: Pick<Ports, "submissions" | "clock" | "log">,
  begunSubmission: Submission,
): Hold {
  const lost = new AbortController();
  let current = begunSubmission;
  let beatAt = begunSubmission.touchedAt;
  let turn: Promise<unknown> = Promise.resolve();

  const change: Hold["change"] = (next) => {
    const changing = turn.then(async () => {
      current = await replaced(ports, current, next);
    });
    turn = changing.catch((error: unknown) => {
      if (error instanceof TakenOver) {
        lost.abort(error);
      }
    });
    return changing;
  };
  const beat = async (): Promise<void> => {
    const now = ports.clock.now();
    if (lost.signal.aborted) {
      throw new TakenOver();
    }
    if (Math.abs(now.getTime() - beatAt.getTime()) < BEAT_MS) {
      return;
    }
    beatAt = now;
    try {
      await change((held) => alive(held, now));
    } catch (error) {
      if (error instanceof TakenOver) {
        throw error;
      }
      ports.log("heartbeat-failed", { submissionId: current.id, failure: String(error) });
    }
  };
  const timer = setInterval(() => void beat().catch(() => undefined), LOOK_MS);
  timer.unref();
  return {
    lost: lost.signal,
    submission: () => current,
    change,
    beat,
    stop: () => clearInterval(timer),
  };
}

/** A write whose answer was lost may have happened: a submission of this attempt stays with this attempt. */
async function replaced(
  ports: Pick<Ports, "submissions">,
  held: Submission,
  next: (submission: Submission) => Submission,
): Promise<Submission> {
  let before = held;
  for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
    const after = next(before);
    if (await ports.submissions.replace(before, after)) {
      return after;
    }
    const found = await ports.submissions.get(held.connectorId, held.id);
    if (found === null || found.attemptId !== held.attemptId || !isOwed(found)) {
      break;
    }
    before = found;
  }
  throw new TakenOver();
}
