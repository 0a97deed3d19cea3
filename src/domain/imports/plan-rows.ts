import { matchFields } from "../../formats/field-names.ts";
import type { Cell, GivenCell, GivenRow } from "../../formats/rows.ts";
import type { LooseMatch } from "../../formats/seen-fields.ts";
import { shortenedCopy } from "../../formats/shortened.ts";
import type { CellProblem } from "../rows/cell-check.ts";
import { MISSING } from "../rows/cell-check.ts";
import { type CellReader, cellReader, isProblem } from "../rows/cell-reader.ts";
import { constantCell } from "../rows/constant-cell.ts";
import type { Submission } from "../submissions/submission.ts";
import type { RowFailure, WrittenColumn } from "../target.ts";
import type { ImportColumn } from "./import-column.ts";

/** Facts about the submission of the rows. */
export type SubmissionFacts = Pick<
  Submission,
  "company" | "externalId" | "id" | "executionId" | "receivedAt"
>;

/** Turns the rows of one file into rows of the target. */
export interface RowPlan {
  readonly columns: readonly WrittenColumn[];
  /** Fields of the file that no column uses. */
  readonly ignored: readonly string[];
  /** Fields that were matched under another spelling. */
  readonly matchedLoosely: readonly LooseMatch[];
  /** @returns the row, or all its problems */
  read(
    row: GivenRow,
    rowNumber: number,
  ): { readonly cells: GivenRow } | { readonly failures: RowFailure[] };
}

/**
 * Plans once how a file's rows are read and checked. Cells that the file or a row does not mention stay so, except for
 * columns that are `required` and not `optional`.
 *
 * @param fields names of the file's fields in order
 * @throws AppError `shape-invalid`
 */
export function planRows(
  fields: readonly string[],
  columns: readonly ImportColumn[],
  facts: SubmissionFacts,
): RowPlan {
  const matches = matchFields(fieldsOf(columns), fields);
  const readers = columns.map((column) => plannedColumn(column, { fields, matches }, facts));
  const taken = new Set(matches.values());
  return {
    columns: columns.map(writtenColumn),
    ignored: fields.filter((field) => !taken.has(field)),
    matchedLoosely: [...matches].flatMap(([wanted, field]) =>
      wanted === field ? [] : [{ wanted, field }],
    ),
    read: (row, rowNumber) => {
      if (taken.size > 0 && mentionsNothing(row)) {
        return { failures: [{ row: rowNumber, field: null, value: null, reason: NOTHING }] };
      }
      const cells = new Array<GivenCell>(readers.length);
      let failures: RowFailure[] | null = null;
      for (let index = 0; index < readers.length; index += 1) {
        const { field, value, read } = readers[index] as PlannedColumn;
        const raw = value(row, rowNumber);
        const result = read(raw);
        if (isProblem(result)) {
          failures ??= [];
          failures.push(failureOf({ row: rowNumber, field, raw, problem: result }));
        } else {
          cells[index] = result;
        }
      }
      return failures === null ? { cells } : { failures };
    },
  };
}

const NOTHING = "has none of the fields that the import takes";

function mentionsNothing(row: GivenRow): boolean {
  return row[0] === undefined && row.every((cell) => cell === undefined);
}

/** The plan of a file whose rows are only counted. */
export function planUncheckedRows(fields: readonly string[]): RowPlan {
  return {
    columns: fields.map((name) => ({ name, type: "string" })),
    ignored: [],
    matchedLoosely: [],
    read: (row) => ({ cells: row }),
  };
}

/** Fields of the file that the columns use, in order. */
export function fieldsOf(columns: readonly ImportColumn[]): string[] {
  return [...new Set(columns.flatMap((column) => fieldOf(column) ?? []))];
}

/** @throws AppError `shape-invalid` when these columns could not read any file */
export function checkColumns(columns: readonly ImportColumn[]): void {
  for (const column of columns) {
    cellReader(column);
    if (column.constant !== undefined) {
      constantCell(column, column.constant);
    }
  }
}

interface FileFields {
  readonly fields: readonly string[];
  /** The file's field for each field that a column uses. */
  readonly matches: ReadonlyMap<string, string>;
}

interface PlannedColumn {
  /** Name of the value for a partner. */
  readonly field: string;
  value(row: GivenRow, rowNumber: number): GivenCell;
  read(cell: GivenCell): GivenCell | CellProblem;
}

/** The field of the file that a column uses; null when its value comes from elsewhere. */
export function fieldOf({ name, from, fact, constant }: ImportColumn): string | null {
  return fact === undefined && constant === undefined ? (from ?? name) : null;
}

function plannedColumn(
  column: ImportColumn,
  { fields, matches }: FileFields,
  facts: SubmissionFacts,
): PlannedColumn {
  const read = givenReader(column);
  const { constant, fact, name } = column;
  if (constant !== undefined) {
    const cell = constantCell(column, constant);
    return { field: name, value: () => cell, read: (value) => value };
  }
  if (fact !== undefined) {
    return { field: fact, value: factValue(fact, facts), read };
  }
  const field = column.from ?? name;
  const index = fields.indexOf(matches.get(field) ?? field);
  return { field, value: (row) => row[index], read };
}

/** Excludes cells that are not mentioned from all conversions. */
function givenReader(column: ImportColumn): PlannedColumn["read"] {
  const read: CellReader = cellReader(column);
  const { required, optional, whenNull } = column;
  const ofMissing = required && !optional && whenNull === undefined ? MISSING : undefined;
  return (cell) => (cell === undefined ? ofMissing : read(cell));
}

function writtenColumn(column: ImportColumn): WrittenColumn {
  const { name, type, whenNull, round } = column;
  return {
    ...{ name, type },
    ...(whenNull === undefined ? {} : { whenAdded: constantCell(column, whenNull) }),
    ...(round === "refuse" ? {} : { round }),
  };
}

function factValue(
  fact: NonNullable<ImportColumn["fact"]>,
  facts: SubmissionFacts,
): (row: GivenRow, rowNumber: number) => Cell {
  const values: Readonly<Record<Exclude<typeof fact, "row">, string | null>> = {
    company: facts.company,
    "external-id": facts.externalId,
    "message-id": facts.id,
    "execution-id": facts.executionId,
    "received-at": facts.receivedAt.toISOString(),
  };
  return fact === "row" ? (_, rowNumber) => String(rowNumber) : () => values[fact];
}

function failureOf(facts: {
  row: number;
  field: string;
  raw: GivenCell;
  problem: CellProblem;
}): RowFailure {
  const { row, field, raw, problem } = facts;
  return {
    row,
    field,
    value: raw === null || raw === undefined ? null : shortenedCopy(raw),
    reason: problem.reason,
  };
}
