import { createHash } from "node:crypto";
import type { ExportDefinition } from "../../contracts/definitions.ts";
import { AppError } from "../errors.ts";
import type { FilePath, Ports } from "../ports.ts";
import { filePath } from "../publishing/file-path.ts";
import type { CursorOwner } from "./export-cursor.ts";
import { RunTakenOver } from "./heartbeat.ts";
import type { Checkpoint, Run } from "./run.ts";
import { type Invocation, RUN_TIMES } from "./run-times.ts";
import { sendOwnRun } from "./run-turns.ts";
import { exportFileNames } from "./write-export-file.ts";
import type { Saving } from "./write-request.ts";

/** The file that an attempt writes: the one of earlier attempts, or a new one. */
export interface FileOfAttempt {
  readonly path: FilePath;
  readonly fileId: string;
  /** Where earlier attempts have stopped; null: the file is new. */
  readonly from: Checkpoint | null;
  /** @see Checkpoint.of */
  readonly of: string;
}

/** A changed definition, or another cursor, makes other rows: then the file is begun anew. */
export function fileOfAttempt(
  ports: Pick<Ports, "ids">,
  run: Run,
  reading: {
    definition: ExportDefinition;
    cursor: string | null;
    owner: CursorOwner;
    writtenAt: Date;
  },
): FileOfAttempt {
  const { definition, cursor, owner, writtenAt } = reading;
  const of = createHash("sha256")
    .update(JSON.stringify([definition, cursor, owner]))
    .digest("base64url")
    .slice(0, 22);
  if (run.checkpoint?.of === of) {
    const { path, fileId } = run.checkpoint;
    return { path, fileId, from: run.checkpoint, of };
  }
  const fileId = ports.ids.guid();
  const path = filePath({
    fileType: run.fileType,
    at: writtenAt,
    correlationId: run.runId,
    fileId,
    extension: exportFileNames(definition).extension,
  });
  return { path, fileId, from: null, of };
}

/**
 * How an attempt saves its place: in its run, every two minutes and when its time ends.
 *
 * @param attempt changes with each place that is saved
 */
export function savingOf(
  ports: Pick<Ports, "runs" | "clock">,
  attempt: { run: Run; hasSaved: boolean },
  { target, invocation }: { target: FileOfAttempt; invocation: Invocation },
): Saving {
  const { saveEveryMs } = invocation.times ?? RUN_TIMES;
  const { path, fileId, from, of } = target;
  const timeEnds = () => invocation.goOnLater?.aborted === true;
  let savedAt = ports.clock.now();
  return {
    from,
    isDue: () => timeEnds() || ports.clock.now().getTime() - savedAt.getTime() >= saveEveryMs,
    save: async (place) => {
      savedAt = ports.clock.now();
      const run: Run = { ...attempt.run, checkpoint: { of, path, fileId, ...place } };
      if (!(await ports.runs.update(run, { held: run.attempts, at: savedAt }))) {
        throw new RunTakenOver();
      }
      attempt.run = run;
      attempt.hasSaved = true;
      return !timeEnds();
    },
  };
}

type SendPorts = Pick<Ports, "runs" | "runQueue" | "clock" | "log">;

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
    records: run.checkpoint?.records,
  });
}

/** Has another attempt begin with a new file; this attempt counts as interrupted. */
export async function startAnew(ports: SendPorts, run: Run, because: Error): Promise<void> {
  await handOn(ports, { ...run, checkpoint: null });
  const { exportId, runId } = run;
  ports.log("run-started-anew", { exportId, runId, because: because.message });
}

async function handOn(ports: SendPorts, run: Run): Promise<void> {
  const at = ports.clock.now();
  if (await ports.runs.update({ ...run, state: "queued" }, { held: run.attempts, at })) {
    await sendOwnRun(ports, run);
  }
}

/** Ends a run that cannot save its place: another attempt would need as long. */
export function tooLong({ exportId }: Run): AppError {
  return new AppError(
    "run-too-long",
    `Cannot run export "${exportId}": its time is over, and it cannot go on where it stopped; read less at once, or a table by snapshot`,
  );
}
