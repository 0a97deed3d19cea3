import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type { ImportDefinition } from "../../contracts/import-definition.ts";
import { AppError } from "../errors.ts";
import type { FilePath, Ports, RunRequestOf } from "../ports.ts";
import { ownership, TakenOver } from "./attempt-ownership.ts";
import { passingFailure } from "./final-failure.ts";
import type { EntityPorts } from "./import-entity.ts";
import { type AttemptPaths, importMessage, type MessageEnd } from "./import-message.ts";
import type { EntityResult } from "./import-result.ts";
import {
  begun,
  continued,
  type EndState,
  ended,
  type InboundMessage,
  isOwed,
  postponed,
  processing,
} from "./inbound-message.ts";
import { isGivenUp, MAX_INTERRUPTIONS, nextAttemptAt } from "./retry-policy.ts";
import { sendImportRun } from "./send-owed-imports.ts";

export type ImportPorts = EntityPorts & Pick<Ports, "definitions" | "inbox" | "runQueue" | "ids">;

/**
 * Executes the run that a message is owed; in an ordered connector the runs of all messages that are owed one, oldest
 * first, as long as there is time.
 *
 * An attempt may die anywhere. The message says what it has begun; the next attempt begins again from the first row,
 * with the same execution id, by which targets know what is there already. Only one attempt can end a message: each
 * takes it over by a change that the earlier ones do not know of.
 *
 * An attempt whose time ends has another one go on behind its rows, as often as it takes, if the target has kept any.
 *
 * A failure that has a name ends the message. A target that cannot be reached, and what nobody foresaw, puts it off:
 * in an ordered connector the others wait behind it, and no other connector does. What never comes to an end is set
 * aside with its reason.
 *
 * @param signal ends the work early, because the time for it ends
 */
export async function runImport(
  ports: ImportPorts,
  request: RunRequestOf<"import">,
  signal: AbortSignal,
): Promise<void> {
  if (!request.ordered) {
    const message = await ports.inbox.find(request.messageId);
    if (message !== null && isOwed(message) && isDue(ports, message)) {
      await attempt(ports, message, signal);
    }
    return;
  }
  for (;;) {
    const next = await ports.inbox.nextInOrder(request.activityId);
    if (next === null || !isDue(ports, next)) {
      return;
    }
    signal.throwIfAborted();
    if (!(await attempt(ports, next, signal))) {
      return;
    }
  }
}

function isDue(ports: Pick<Ports, "clock">, { dueAt }: InboundMessage): boolean {
  return dueAt <= ports.clock.now();
}

/** @returns whether the message was this attempt's, to the end of the attempt */
async function attempt(
  ports: ImportPorts,
  message: InboundMessage,
  signal: AbortSignal,
): Promise<boolean> {
  if (isGivenUp(message)) {
    return end(ports, message, {
      state: "dead-lettered",
      result: null,
      failure: {
        code: "run-given-up",
        message: `${MAX_INTERRUPTIONS} attempts were interrupted, the last one when the message was ${message.state}; see the log for what ended them`,
      },
    });
  }
  const definition = await ports.definitions.find("imports", message.importId);
  if (definition === null) {
    return end(ports, message, {
      state: "preprocessing-failed",
      result: null,
      failure: {
        code: "definition-not-found",
        message: `the import "${message.importId}" was deleted`,
      },
    });
  }
  const paths = attemptPaths(message, definition.body, ports.ids.guid());
  const taken = begun(message, { now: ports.clock.now(), writes: paths.all });
  if (!(await ports.inbox.replace(message, taken))) {
    return false;
  }
  // whoever wrote them cannot end the message any more
  await deleteFiles(ports, message.written);
  return work(ports, { message: taken, definition: definition.body, paths }, signal);
}

interface Attempt {
  readonly message: InboundMessage;
  readonly definition: ImportDefinition;
  readonly paths: AttemptPaths;
}

async function work(
  ports: ImportPorts,
  { message, definition, paths }: Attempt,
  signal: AbortSignal,
): Promise<boolean> {
  let current = message;
  const beforeRows = async () => {
    if (current.state !== "processing") {
      const next = processing(current, requireVersion(current, definition));
      if (!(await ports.inbox.replace(current, next))) {
        throw new TakenOver();
      }
      current = next;
    }
  };
  let hasMovedOn = false;
  const onProgress = () => {
    hasMovedOn = true;
  };
  const requireOwn = ownership(ports, () => current);
  const beforeBatch = async () => {
    // rows in memory would go on without ever letting other work of this process have its turn
    await setImmediate();
    signal.throwIfAborted();
    await requireOwn();
  };
  try {
    const hooks = { beforeRows, beforeBatch, onProgress };
    const request = { message, definition, paths, ...hooks, signal };
    const outcome = await importMessage(ports, request);
    return await end(ports, current, {
      state: endState(current, outcome),
      ...outcome,
    });
  } catch (error) {
    if (error instanceof TakenOver) {
      return false;
    }
    if (signal.aborted && hasMovedOn) {
      return goOnLater(ports, current);
    }
    // what a crash leaves: the next attempt goes on from it
    if (signal.aborted) {
      throw error;
    }
    return putOff(ports, current, error);
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
async function goOnLater(ports: ImportPorts, message: InboundMessage): Promise<false> {
  const next = continued(message, ports.clock.now());
  if (await ports.inbox.replace(message, next)) {
    await sendImportRun(ports, next);
    ports.log("import-continued", { activityId: message.activityId, messageId: message.id });
  }
  return false;
}

async function putOff(
  ports: ImportPorts,
  message: InboundMessage,
  error: unknown,
): Promise<boolean> {
  const now = ports.clock.now();
  const failure = passingFailure(error);
  const dueAt = nextAttemptAt(message, now);
  ports.log("import-put-off", {
    activityId: message.activityId,
    messageId: message.id,
    until: dueAt?.toISOString() ?? null,
    failure: String(error instanceof Error ? error.stack : error),
  });
  return dueAt === null
    ? end(ports, message, { state: "dead-lettered", result: null, failure })
    : ports.inbox.replace(message, postponed(message, { failure, now, dueAt }));
}

async function end(
  ports: ImportPorts,
  message: InboundMessage,
  outcome: { state: EndState } & MessageEnd,
): Promise<boolean> {
  const last = ended(message, { ...outcome, now: ports.clock.now() });
  if (!(await ports.inbox.replace(message, last))) {
    return false;
  }
  ports.log("import-ended", {
    activityId: message.activityId,
    messageId: message.id,
    executionId: message.executionId,
    state: last.state,
    rows: sum(last.result?.entities, ({ rows }) => rows),
    badRows: sum(last.result?.entities, (entity) => entity.invalidRows + entity.refusedRows),
    failure: last.failure?.message,
  });
  return true;
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
