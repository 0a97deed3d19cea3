import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { AppError } from "../errors.ts";
import type { FilePath, Ports } from "../ports.ts";
import {
  begun,
  continued,
  type EndState,
  ended,
  type InboundMessage,
  isOwed,
  postponed,
  processing,
} from "../submissions/inbound-message.ts";
import { type Hold, holdMessage, TakenOver } from "./attempt-ownership.ts";
import { passingFailure } from "./final-failure.ts";
import type { ImportDefinition } from "./import-definition.ts";
import type { EntityPorts } from "./import-entity.ts";
import { type AttemptPaths, importMessage, type MessageEnd } from "./import-message.ts";
import type { EntityResult } from "./import-result.ts";
import { isDue, nextAttemptAt } from "./retry-policy.ts";
import { sendNowOrLater } from "./send-owed-imports.ts";

export type ImportPorts = EntityPorts &
  Pick<Ports, "definitions" | "inbox" | "runQueue" | "ids" | "log">;

interface Attempt {
  readonly hold: Hold;
  readonly definition: ImportDefinition;
  readonly paths: AttemptPaths;
}

/**
 * Makes one attempt at a message, to the end of the import or of the attempt's time.
 *
 * @returns whether the message was this attempt's, to the end of the attempt
 * @throws what kept it from being noted how the attempt ended
 */
export async function attemptImport(
  ports: ImportPorts,
  { message, definition }: { message: InboundMessage; definition: ImportDefinition },
  signal: AbortSignal,
): Promise<boolean> {
  const attemptId = ports.ids.guid();
  const paths = attemptPaths(message, definition, attemptId);
  const before = await begin(ports, message, { attemptId, writes: paths.all });
  if (before === null) {
    return false;
  }
  const hold = holdMessage(ports, before.taken);
  try {
    // whoever wrote them cannot end the message any more
    await deleteFiles(ports, before.message.written);
    return await work(ports, { hold, definition, paths }, signal);
  } catch (error) {
    if (error instanceof TakenOver) {
      return false;
    }
    throw error;
  } finally {
    hold.end();
  }
}

/** Changes to a message that nobody is at are rare: the tick notes that it was sent again. */
const MAX_CONFLICTS = 3;

/** @returns null when somebody else is at the message */
async function begin(
  ports: ImportPorts,
  found: InboundMessage,
  facts: { attemptId: string; writes: readonly FilePath[] },
): Promise<{ message: InboundMessage; taken: InboundMessage } | null> {
  let message: InboundMessage | null = found;
  for (let conflicts = 0; conflicts < MAX_CONFLICTS && message !== null; conflicts++) {
    const now = ports.clock.now();
    if (!isOwed(message) || !isDue(message, now)) {
      return null;
    }
    const taken = begun(message, { ...facts, now });
    if (await ports.inbox.replace(message, taken)) {
      return { message, taken };
    }
    message = await ports.inbox.get(message.activityId, message.id);
  }
  return null;
}

/** Ends a message that no attempt is made at. */
export async function endUnattempted(
  ports: ImportPorts,
  message: InboundMessage,
  outcome: { state: EndState; failure: NonNullable<MessageEnd["failure"]> },
): Promise<boolean> {
  const last = ended(message, { ...outcome, result: null, now: ports.clock.now() });
  const isEnded = await ports.inbox.replace(message, last);
  if (isEnded) {
    logEnd(ports, last);
  }
  return isEnded;
}

/** @throws TakenOver */
async function work(ports: ImportPorts, attempt: Attempt, signal: AbortSignal): Promise<boolean> {
  const { hold, definition, paths } = attempt;
  const either = AbortSignal.any([signal, hold.lost]);
  let hasMovedOn = false;
  try {
    const outcome = await importMessage(ports, {
      ...{ message: hold.current(), definition, paths, signal: either },
      beforeRows: async () => {
        if (hold.current().state !== "processing") {
          const version = requireVersion(hold.current(), definition);
          await hold.change((message) => processing(message, version));
        }
      },
      beforeBatch: async () => {
        // rows in memory would go on without ever letting other work of this process have its turn
        await setImmediate();
        signal.throwIfAborted();
        await hold.beat();
      },
      onProgress: () => {
        hasMovedOn = true;
      },
    });
    return await end(ports, hold, { state: endState(hold.current(), outcome), ...outcome });
  } catch (error) {
    if (error instanceof TakenOver || hold.lost.aborted) {
      return false;
    }
    if (!signal.aborted) {
      return putOff(ports, hold, error);
    }
    if (!hasMovedOn) {
      return endTooLong(ports, hold);
    }
    await goOnLater(ports, hold);
    return false;
  }
}

/** Rows of one execution all go by one definition, or their numbers would not mean the same row. */
function requireVersion(message: InboundMessage, definition: ImportDefinition): string {
  const version = createHash("sha256").update(JSON.stringify(definition)).digest("hex");
  if (message.importVersion !== null && message.importVersion !== version) {
    throw new AppError(
      "definition-changed",
      "Cannot go on with the import: its definition was changed after an interrupted attempt had begun to write rows; requeue the message",
    );
  }
  return version;
}

function endState(message: InboundMessage, { result, failure }: MessageEnd): EndState {
  if (failure !== null) {
    return message.importVersion === null ? "preprocessing-failed" : "postprocessing-failed";
  }
  const isClean = result?.entities.every(
    ({ outcome, invalidRows, refusedRows }) =>
      (outcome === "kept" || outcome === "validated") && invalidRows + refusedRows === 0,
  );
  return isClean ? "processed" : "processed-with-errors";
}

/**
 * Has another attempt go on, by a message of its own in the queue: one that is handed out again and again is at some
 * time set aside there.
 */
async function goOnLater(ports: ImportPorts, hold: Hold): Promise<void> {
  await hold.change((message) => continued(message, ports.clock.now()));
  const { activityId, id } = hold.current();
  ports.log("import-continued", { activityId, messageId: id });
  await sendNowOrLater(ports, hold.current());
}

/** Nothing lasting was reached in the attempt's time: the next one would begin at the first row again. */
async function endTooLong(ports: ImportPorts, hold: Hold): Promise<boolean> {
  const message =
    "Cannot end the import: its time was over before the target had kept a row; divide the file, or have the target keep rows as they come (atomic: false)";
  const failure = passingFailure(new AppError("run-too-long", message));
  const state = endState(hold.current(), { result: null, failure });
  return end(ports, hold, { state, result: null, failure });
}

async function putOff(ports: ImportPorts, hold: Hold, error: unknown): Promise<boolean> {
  const now = ports.clock.now();
  const failure = passingFailure(error);
  const dueAt = nextAttemptAt(hold.current(), now);
  const { activityId, id } = hold.current();
  ports.log("import-put-off", {
    activityId,
    messageId: id,
    until: dueAt?.toISOString() ?? null,
    failure: String(error instanceof Error ? error.stack : error),
  });
  if (dueAt === null) {
    return end(ports, hold, { state: "dead-lettered", result: null, failure });
  }
  await hold.change((message) => postponed(message, { failure, now, dueAt }));
  return true;
}

async function end(
  ports: ImportPorts,
  hold: Hold,
  outcome: { state: EndState } & MessageEnd,
): Promise<true> {
  const now = ports.clock.now();
  await hold.change((message) => ended(message, { ...outcome, now }));
  logEnd(ports, hold.current());
  return true;
}

function logEnd(ports: Pick<Ports, "log">, message: InboundMessage): void {
  const { activityId, id, executionId, state, result, failure } = message;
  ports.log("import-ended", {
    ...{ activityId, messageId: id, executionId, state },
    rows: sum(result?.entities, ({ rows }) => rows),
    badRows: sum(result?.entities, (entity) => entity.invalidRows + entity.refusedRows),
    failure: failure?.message,
  });
}

function sum(
  entities: readonly EntityResult[] | undefined,
  count: (entity: EntityResult) => number,
): number {
  return (entities ?? []).reduce((total, entity) => total + count(entity), 0);
}

/** New names for each attempt: a name that an earlier one has used cannot be written again. */
function attemptPaths(
  { activityId, id }: InboundMessage,
  { entities }: ImportDefinition,
  attemptId: string,
): AttemptPaths & { readonly all: readonly FilePath[] } {
  const path = (name: string): FilePath => ({
    container: "import-errors",
    name: `${activityId}/${id}/${attemptId}/${name}`,
  });
  const list = path("list");
  const errorFile = (index: number) => path(String(index));
  return { errorList: list, errorFile, all: [list, ...entities.map((_, i) => errorFile(i))] };
}

async function deleteFiles(ports: Pick<Ports, "files">, paths: readonly FilePath[]): Promise<void> {
  for (const path of paths) {
    await ports.files.delete(path);
  }
}
