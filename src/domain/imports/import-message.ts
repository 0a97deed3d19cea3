import type { ImportDefinition } from "../../contracts/import-definition.ts";
import type { FilePath, Ports } from "../ports.ts";
import { finalFailure } from "./final-failure.ts";
import { type EntityPorts, importEntity } from "./import-entity.ts";
import type {
  EntityResult,
  ImportFailure,
  ImportResult,
  InboundMessage,
} from "./inbound-message.ts";
import { openParts, type Part } from "./parts.ts";
import { errorList, listText } from "./row-errors.ts";

export interface MessageRequest {
  readonly message: InboundMessage;
  readonly definition: ImportDefinition;
  /** Where the attempt may write what was wrong. */
  readonly paths: AttemptPaths;
  /** To be awaited before the first row goes to a target. */
  beforeRows(): Promise<void>;
  /** To be awaited before each batch of rows. */
  beforeBatch(): Promise<void>;
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
 * Imports a message's file, entity by entity. Each entity is kept or not by itself; behind one that is not kept, or
 * that broke off, no other is begun, because its rows may refer to those that are not there.
 *
 * @throws whatever another attempt may find otherwise
 */
export async function importMessage(
  ports: EntityPorts & Pick<Ports, "files">,
  request: MessageRequest,
): Promise<MessageEnd> {
  const { message, definition, paths } = request;
  let parts: readonly Part[];
  try {
    parts = await openParts(ports, message, definition);
  } catch (error) {
    return { result: null, failure: finalFailure(error) };
  }
  const errors = errorList(definition.errors.maxErrorsKept);
  const entities: EntityResult[] = [];
  let failure: ImportFailure | null = null;
  for (const part of parts) {
    if (entities.some(({ outcome }) => outcome !== "kept" && outcome !== "validated")) {
      entities.push(notRun(part));
      continue;
    }
    const end = await importEntity(ports, {
      ...{ part, definition, errors },
      facts: factsOf(message),
      errorPath: paths.errorFile(part.index),
      beforeRows: request.beforeRows,
      beforeBatch: request.beforeBatch,
      signal: request.signal,
    });
    entities.push(end.result);
    failure = end.failure;
  }
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

function notRun({ entity }: Part): EntityResult {
  return {
    name: entity.name,
    outcome: "not-run",
    because: null,
    rows: 0,
    invalidRows: 0,
    refusedRows: 0,
    ignoredFields: [],
    errorFile: null,
    startedAt: null,
    endedAt: null,
  };
}

function factsOf(message: InboundMessage) {
  const { company, externalId, id, executionId, receivedAt } = message;
  return { company, externalId, messageId: id, executionId, receivedAt };
}
