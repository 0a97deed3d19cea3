import { type RowsRead, readRows } from "../../formats/read-rows.ts";
import { partnerMessage } from "../partner-message.ts";
import type { TargetWriter } from "../target.ts";
import { type Attempt, beginRows, paced } from "./attempt.ts";
import { openErrorFile } from "./error-file.ts";
import { finalFailure } from "./final-failure.ts";
import type { ImportDefinition } from "./import-definition.ts";
import type { EntityResult } from "./import-result.ts";
import { openPartTarget } from "./part-target.ts";
import type { Part } from "./parts.ts";
import { fieldsOf, planRows, planUncheckedRows, type RowPlan } from "./plan-rows.ts";
import { requireColumns } from "./require-columns.ts";
import { partnerReason } from "./row-errors.ts";
import { type BadRow, type RowWork, writeRows } from "./write-rows.ts";

/** Limit for names in the result: a file can have any number of unknown fields and spellings. */
const MAX_TOLD = 20;

/** Result of an entity, filled in during its import. It is true at any moment, in case the import breaks off there. */
type Draft = { -readonly [Field in keyof EntityResult]: EntityResult[Field] };

/**
 * Imports one entity: reads its file, converts and checks each row, and gives good rows to the target, in flat memory.
 * The attempt has its result.
 *
 * A row is bad when it cannot be read, does not pass the checks, or is refused by the target. Bad rows are listed, and
 * written into an error file in their original form, to be mended and sent again.
 *
 * @throws errors that another attempt may not meet: a target that cannot be reached, time that ran out
 */
export async function importEntity(attempt: Attempt, part: Part): Promise<void> {
  const { clock } = attempt.ports;
  const result = draftOf(part, clock.now());
  try {
    await importFile(attempt, part, result);
  } catch (error) {
    noteFailure(attempt, result, error);
  }
  result.endedAt = clock.now();
  attempt.ended.push({ part, result });
}

/** Notes that an entity is not imported. */
export function skipEntity(attempt: Attempt, part: Part, because: string): void {
  const result: EntityResult = { ...draftOf(part, null), outcome: "not-run", because };
  attempt.ended.push({ part, result });
}

function draftOf({ entity }: Part, startedAt: Date | null): Draft {
  return {
    name: entity.name,
    outcome: "not-kept",
    because: null,
    rows: 0,
    invalidRows: 0,
    refusedRows: 0,
    ignoredFields: [],
    matchedLoosely: [],
    errorFile: null,
    startedAt,
    endedAt: null,
  };
}

/** @throws the error itself when another attempt may succeed */
function noteFailure(attempt: Attempt, result: Draft, error: unknown): void {
  const failure = finalFailure(error);
  attempt.failure ??= failure;
  result.because = failure.message;
  result.partnerBecause = partnerMessage(failure);
}

function noteFields(result: Draft, fields: Pick<RowPlan, "ignored" | "matchedLoosely">): void {
  result.ignoredFields = fields.ignored.slice(0, MAX_TOLD);
  result.matchedLoosely = fields.matchedLoosely.slice(0, MAX_TOLD);
}

/** Whether an entity's rows are stored only after all of them were checked. */
function isAtomic({ errors }: ImportDefinition): boolean {
  return errors.onRowErrors === "stop" || errors.maxErrorShare < 1;
}

async function importFile(attempt: Attempt, part: Part, result: Draft): Promise<void> {
  const { definition } = attempt;
  const { columns, target } = part.entity;
  if ("container" in target && columns === undefined) {
    // any file, unchanged
    const writer = await openWriter(attempt, part, []);
    await beginRows(attempt);
    await keep(attempt, writer, result);
    return;
  }
  const rows = await readRows(await part.unpacked(), {
    format: part.format,
    charset: part.charset,
    columns: columns === undefined ? undefined : fieldsOf(columns),
  });
  try {
    requireColumns(rows, columns ?? []);
    const plan = planOf(attempt, part, rows);
    noteFields(result, plan);
    const writer = await openWriter(attempt, part, plan.columns);
    try {
      await beginRows(attempt);
      if (!isAtomic(definition) && !definition.validateOnly) {
        result.outcome = "failed";
      }
      await importRows(attempt, { part, rows, plan, writer }, result);
    } finally {
      await writer.close();
    }
  } finally {
    const seen = rows.seen();
    if (seen !== null) {
      noteFields(result, { ignored: seen.others, matchedLoosely: seen.loose });
    }
    await rows.batches.return?.();
  }
}

function planOf(attempt: Attempt, { entity }: Part, { columns }: RowsRead): RowPlan {
  return entity.columns === undefined
    ? planUncheckedRows(columns)
    : planRows(columns, entity.columns, attempt.submission());
}

function openWriter(
  attempt: Attempt,
  part: Part,
  columns: RowPlan["columns"],
): Promise<TargetWriter> {
  const { definition, signal } = attempt;
  return openPartTarget(attempt, part).open({
    runId: attempt.submission().executionId,
    entity: part.entity.name,
    columns,
    validateOnly: definition.validateOnly,
    atomic: isAtomic(definition),
    signal,
    onProgress: () => {
      attempt.hasKeptRows = true;
    },
  });
}

interface OpenPart {
  readonly part: Part;
  readonly rows: RowsRead;
  readonly plan: RowPlan;
  readonly writer: TargetWriter;
}

/** Writes the rows, and the bad ones into an error file, even if the entity breaks off for good. */
async function importRows(attempt: Attempt, open: OpenPart, result: Draft): Promise<void> {
  const { part, rows } = open;
  const errorFile = openErrorFile(attempt.ports, {
    path: attempt.file(String(part.index)),
    format: part.format,
    columns: rows.columns,
  });
  const onBadRows = async (bad: readonly BadRow[]) => {
    for (const { failures } of bad) {
      attempt.errors.add(part.entity.name, failures);
    }
    await errorFile.add(bad); // C8
  };
  try {
    await writeAndKeep(attempt, { ...open, onBadRows }, result).catch((error: unknown) =>
      noteFailure(attempt, result, error),
    );
    result.errorFile = await errorFile.end();
  } finally {
    await errorFile.close();
  }
}

async function writeAndKeep(
  attempt: Attempt,
  { part, rows, plan, writer, onBadRows }: OpenPart & Pick<RowWork, "onBadRows">,
  result: Draft,
): Promise<void> {
  const { definition } = attempt;
  const stoppedAt = await writeRows({
    ...{ plan, writer, counts: result, onBadRows },
    batches: paced(attempt, rows.batches),
    stopAtBadRow: definition.errors.onRowErrors === "stop",
  });
  if (stoppedAt === null) {
    requireColumns(rows, part.entity.columns ?? []);
  }
  const whyNot = whyNotKept(definition, result, stoppedAt);
  if (whyNot !== null) {
    Object.assign(result, whyNot);
    return;
  }
  await keep(attempt, writer, result);
}

async function keep({ definition }: Attempt, writer: TargetWriter, result: Draft): Promise<void> {
  await writer.commit(); // C6
  result.outcome = definition.validateOnly ? "validated" : "kept";
}

function whyNotKept(
  { errors }: ImportDefinition,
  { rows, invalidRows, refusedRows }: EntityResult,
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
  const bad = invalidRows + refusedRows;
  return bad > errors.maxErrorShare * rows
    ? {
        because: `${bad} of ${rows} rows are bad, which is more than a share of ${errors.maxErrorShare}`,
      }
    : null;
}
