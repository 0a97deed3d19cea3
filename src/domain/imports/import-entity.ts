import { type RowsRead, readRows } from "../../formats/read-rows.ts";
import { partnerMessage } from "../partner-message.ts";
import type { FilePath, Ports } from "../ports.ts";
import type { TargetWriter } from "../target.ts";
import { openErrorFile } from "./error-file.ts";
import { finalFailure } from "./final-failure.ts";
import type { BlobTarget, ImportDefinition } from "./import-definition.ts";
import type { EntityResult, ErrorFile, ImportFailure } from "./import-result.ts";
import { handOn, openPartTarget, type PartTargetPorts } from "./part-target.ts";
import type { Part } from "./parts.ts";
import {
  fieldsOf,
  type MessageFacts,
  planRows,
  planUncheckedRows,
  type RowPlan,
} from "./plan-rows.ts";
import { requireColumns } from "./require-columns.ts";
import { type ErrorList, partnerReason } from "./row-errors.ts";
import { type BadRow, type RowCounts, writeRows } from "./write-rows.ts";

export type EntityPorts = PartTargetPorts & Pick<Ports, "files">;

export interface EntityRequest {
  readonly part: Part;
  readonly definition: ImportDefinition;
  readonly facts: MessageFacts;
  readonly errors: ErrorList;
  readonly errorPath: FilePath;
  /** To be awaited before the first row goes to the target. */
  beforeRows(): Promise<void>;
  /** To be awaited before each batch of rows. */
  beforeBatch(): Promise<void>;
  /** Told when rows are kept for good. */
  onProgress(): void;
  readonly signal: AbortSignal;
}

export interface EntityEnd {
  readonly result: EntityResult;
  /** What broke the import off for good; null when the entity came to its end. */
  readonly failure: ImportFailure | null;
}

/** Fields that nobody takes, and spellings, are told of, but a file can have any number of them. */
const MAX_TOLD = 20;

/** What the result tells of the file's fields. */
type FieldsTold = Pick<RowPlan, "ignored" | "matchedLoosely">;

/** What is known of an entity so far. */
interface Progress {
  readonly counts: RowCounts;
  fields: FieldsTold;
  errorFile: ErrorFile | null;
  /** Whether rows may have gone to the target. */
  hasBegun: boolean;
}

/**
 * Imports one entity: reads its file, converts and checks each row, and hands what is good to the target, in flat
 * memory.
 *
 * A row is bad when it cannot be read, does not pass the checks, or is refused by the target. Bad rows are listed, and
 * written into an error file as they came, to be mended and handed in again.
 *
 * @throws whatever another attempt may find otherwise: a target that cannot be reached, time that ran out
 */
export async function importEntity(ports: EntityPorts, request: EntityRequest): Promise<EntityEnd> {
  const startedAt = ports.clock.now();
  const counts: RowCounts = { rows: 0, invalid: 0, refused: 0 };
  const progress: Progress = {
    counts,
    fields: { ignored: [], matchedLoosely: [] },
    errorFile: null,
    hasBegun: false,
  };
  const end = await importRows(ports, request, progress).catch((error: unknown) =>
    brokenOff(request.definition, progress, finalFailure(error)),
  );
  const result: EntityResult = {
    name: request.part.entity.name,
    outcome: end.outcome,
    because: end.because,
    ...(end.partnerBecause === undefined ? {} : { partnerBecause: end.partnerBecause }),
    rows: counts.rows,
    invalidRows: counts.invalid,
    refusedRows: counts.refused,
    ignoredFields: progress.fields.ignored.slice(0, MAX_TOLD),
    matchedLoosely: progress.fields.matchedLoosely.slice(0, MAX_TOLD),
    errorFile: progress.errorFile,
    startedAt,
    endedAt: ports.clock.now(),
  };
  return { result, failure: end.failure };
}

/** Whether an entity's rows are kept only when all of them have been seen. */
function isAtomic({ errors }: ImportDefinition): boolean {
  return errors.onRowErrors === "stop" || errors.maxErrorShare < 1;
}

interface End extends Pick<EntityResult, "outcome" | "because" | "partnerBecause"> {
  readonly failure: ImportFailure | null;
}

function brokenOff(definition: ImportDefinition, progress: Progress, failure: ImportFailure): End {
  const keptNothing = !progress.hasBegun || isAtomic(definition) || definition.validateOnly;
  return {
    outcome: keptNothing ? "not-kept" : "failed",
    because: failure.message,
    partnerBecause: partnerMessage(failure),
    failure,
  };
}

async function importRows(
  ports: EntityPorts,
  request: EntityRequest,
  progress: Progress,
): Promise<End> {
  const { part, definition, facts, signal } = request;
  const { columns, target } = part.entity;
  if ("container" in target && columns === undefined) {
    return handOnUnread(ports, request, target);
  }
  const rows = await readRows(await part.unpacked(), {
    format: part.format,
    charset: part.charset,
    columns: columns === undefined ? undefined : fieldsOf(columns),
  });
  try {
    requireColumns(rows, columns ?? []);
    const plan =
      columns === undefined
        ? planUncheckedRows(rows.columns)
        : planRows(rows.columns, columns, facts);
    progress.fields = plan;
    const writer = await openPartTarget(ports, part, facts).open({
      runId: facts.executionId,
      entity: part.entity.name,
      columns: plan.columns,
      validateOnly: definition.validateOnly,
      atomic: isAtomic(definition),
      signal,
      onProgress: request.onProgress,
    });
    try {
      await request.beforeRows();
      progress.hasBegun = true;
      return await writeAndKeep(ports, { ...request, rows, plan, writer }, progress);
    } finally {
      await writer.close();
    }
  } finally {
    const seen = rows.seen();
    if (seen !== null) {
      progress.fields = { ignored: seen.others, matchedLoosely: seen.loose };
    }
    await rows.batches.return?.();
  }
}

/** Any file whatever, as it came. */
async function handOnUnread(
  ports: EntityPorts,
  { part, definition, facts, beforeRows }: EntityRequest,
  target: BlobTarget,
): Promise<End> {
  await beforeRows();
  if (definition.validateOnly) {
    return { outcome: "validated", because: null, failure: null };
  }
  await handOn(ports, { part, facts, target });
  return { outcome: "kept", because: null, failure: null };
}

interface OpenRequest extends EntityRequest {
  readonly rows: RowsRead;
  readonly plan: RowPlan;
  readonly writer: TargetWriter;
}

async function writeAndKeep(
  ports: EntityPorts,
  request: OpenRequest,
  progress: Progress,
): Promise<End> {
  const { part, definition, errors, rows, plan, writer, beforeBatch } = request;
  const { counts } = progress;
  const errorFile = openErrorFile(ports, {
    path: request.errorPath,
    format: part.format,
    columns: rows.columns,
  });
  const onBadRows = async (bad: readonly BadRow[]) => {
    for (const { failures } of bad) {
      errors.add(part.entity.name, failures);
    }
    await errorFile.add(bad);
  };
  const stopAtBadRow = definition.errors.onRowErrors === "stop";
  const write = async (): Promise<End> => {
    const stoppedAt = await writeRows({
      ...{ batches: rows.batches, plan, writer, counts, beforeBatch, stopAtBadRow, onBadRows },
    });
    if (stoppedAt === null) {
      requireColumns(rows, part.entity.columns ?? []);
    }
    const because = whyNotKept(definition, counts, stoppedAt);
    if (because === null) {
      await writer.commit();
      const outcome = definition.validateOnly ? "validated" : "kept";
      return { outcome, because, failure: null };
    }
    return { outcome: "not-kept", ...because, failure: null };
  };
  try {
    const end = await write().catch((error: unknown) =>
      brokenOff(definition, progress, finalFailure(error)),
    );
    progress.errorFile = await errorFile.end();
    return end;
  } finally {
    await errorFile.close();
  }
}

function whyNotKept(
  { errors }: ImportDefinition,
  { rows, invalid, refused }: RowCounts,
  stoppedAt: BadRow | null,
): Pick<EntityResult, "because" | "partnerBecause"> | null {
  if (stoppedAt !== null) {
    const failure = stoppedAt.failures[0] ?? { field: null, reason: "cannot be taken" };
    const start = `row ${stoppedAt.number} is bad, and the import stops at the first bad row: ${failure.field ?? "it"}`;
    return {
      because: `${start} ${failure.reason}`,
      partnerBecause: `${start} ${partnerReason(failure)}`,
    };
  }
  const bad = invalid + refused;
  return bad > errors.maxErrorShare * rows
    ? {
        because: `${bad} of ${rows} rows are bad, which is more than a share of ${errors.maxErrorShare}`,
      }
    : null;
}
