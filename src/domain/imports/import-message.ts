import type { FilePath, Ports } from "../ports.ts";
import type { InboundMessage } from "../submissions/inbound-message.ts";
import { type EndedPart, heldUpByFailure, whyNotRun } from "./entity-failure.ts";
import { finalFailure } from "./final-failure.ts";
import type { ImportDefinition } from "./import-definition.ts";
import { type EntityPorts, importEntity } from "./import-entity.ts";
import { definitionFor, isCheck, NO_TARGET } from "./import-options.ts";
import type { EntityResult, ImportFailure, ImportResult } from "./import-result.ts";
import { openParts, type Part } from "./parts.ts";
import { type ErrorList, errorList, listText } from "./row-errors.ts";

export interface MessageRequest {
  readonly message: InboundMessage;
  readonly definition: ImportDefinition;
  /** Where the attempt may write what was wrong. */
  readonly paths: AttemptPaths;
  /** To be awaited before the first row goes to a target. */
  beforeRows(): Promise<void>;
  /** To be awaited before each batch of rows. */
  beforeBatch(): Promise<void>;
  /** Told when rows are kept for good. */
  onProgress(): void;
  readonly signal: AbortSignal;
}

export interface AttemptPaths {
  readonly errorList: FilePath;
  errorFile(entityIndex: number): FilePath;
}

export interface MessageEnd {
  /** Null when the file could not even be opened. */
  readonly result: ImportResult | null;
  readonly failure: ImportFailure | null;
}

/**
 * Imports a message's file, entity by entity, or checks it alone. Each entity is kept or not by itself; what is begun
 * behind one that has failed, see {@link heldUpByFailure}.
 *
 * A check reads and converts every row and asks no target: what an entity refers to is in the package as a rule, and
 * not in the target before the import. The message stays where nothing is kept yet, in preprocessing.
 *
 * @throws whatever another attempt may find otherwise
 */
export async function importMessage(
  ports: EntityPorts & Pick<Ports, "files">,
  request: MessageRequest,
): Promise<MessageEnd> {
  const { message, paths } = request;
  const definition = definitionFor(request.definition, message);
  let parts: readonly Part[];
  try {
    parts = await openParts(ports, message, definition);
  } catch (error) {
    return { result: null, failure: finalFailure(error) };
  }
  const errors = errorList(definition.errors.maxErrorsKept);
  const { entities, failure } = await importParts(ports, { ...request, definition, parts, errors });
  const { count, kept } = errors;
  if (count > 0) {
    await ports.files.write(paths.errorList, listText(kept), "application/x-jsonlines");
  }
  const list = count === 0 ? null : { path: paths.errorList, kept: kept.length };
  return {
    result: { validateOnly: definition.validateOnly, entities, errors: count, errorList: list },
    failure,
  };
}

interface PartsRequest extends MessageRequest {
  readonly parts: readonly Part[];
  readonly errors: ErrorList;
}

/** @returns the first failure too, also where others went on behind it */
async function importParts(
  ports: EntityPorts,
  request: PartsRequest,
): Promise<{ entities: EntityResult[]; failure: ImportFailure | null }> {
  const { message, definition, errors, paths } = request;
  const heldUp = heldUpByFailure(definition, message);
  const checking = isCheck(message);
  const targetPorts = checking ? { ...ports, openTarget: () => NO_TARGET } : ports;
  const ended: EndedPart[] = [];
  let failure: ImportFailure | null = null;
  for (const part of request.parts) {
    const because = whyNotRun(part, ended, heldUp);
    if (because !== null) {
      ended.push({ part, result: notRun(part, because) });
      continue;
    }
    const end = await importEntity(targetPorts, {
      ...{ part, definition, errors },
      facts: factsOf(message),
      errorPath: paths.errorFile(part.index),
      beforeRows: checking ? async () => undefined : request.beforeRows,
      beforeBatch: request.beforeBatch,
      onProgress: request.onProgress,
      signal: request.signal,
    });
    ended.push({ part, result: end.result });
    failure ??= end.failure;
  }
  return { entities: ended.map(({ result }) => result), failure };
}

function notRun({ entity }: Part, because: string): EntityResult {
  return {
    name: entity.name,
    outcome: "not-run",
    because,
    rows: 0,
    invalidRows: 0,
    refusedRows: 0,
    ignoredFields: [],
    matchedLoosely: [],
    errorFile: null,
    startedAt: null,
    endedAt: null,
  };
}

function factsOf(message: InboundMessage) {
  const { company, externalId, id, executionId, receivedAt } = message;
  return { company, externalId, messageId: id, executionId, receivedAt };
}
