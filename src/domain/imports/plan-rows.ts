import type { ImportColumn } from "../../contracts/import-column.ts";
import type { Cell, Column, Row } from "../../contracts/rows.ts";
import { AppError } from "../errors.ts";
import type { RowFailure } from "../target.ts";
import { quotedList } from "../values/quoted-list.ts";
import type { CellProblem } from "./cell-check.ts";
import { type CellReader, cellReader, isProblem } from "./cell-reader.ts";
import { constantCell } from "./constant-cell.ts";

/** What is known of the message that rows come with. */
export interface MessageFacts {
  readonly company: string | null;
  readonly externalId: string | null;
  readonly messageId: string;
  readonly executionId: string;
  readonly receivedAt: Date;
}

/** How the rows of one file become rows of the target. */
export interface RowPlan {
  readonly columns: readonly Column[];
  /** Fields of the file that no column takes. */
  readonly ignored: readonly string[];
  /** @returns the row, or everything that is wrong with it */
  read(row: Row, rowNumber: number): { readonly cells: Row } | { readonly failures: RowFailure[] };
}

/**
 * Plans once how a file's rows are read and checked.
 *
 * @param fields names of the file's fields in order
 * @throws AppError `columns-missing` when the file lacks a field that every row must have a value of; `shape-invalid`
 */
export function planRows(
  fields: readonly string[],
  columns: readonly ImportColumn[],
  facts: MessageFacts,
): RowPlan {
  requireFields(fields, columns);
  const readers = columns.map((column) => plannedColumn(column, fields, facts));
  const taken = new Set(columns.map(fieldOf));
  return {
    columns: columns.map(({ name, type }) => ({ name, type })),
    ignored: fields.filter((field) => !taken.has(field)),
    read: (row, rowNumber) => {
      const cells = new Array<Cell>(readers.length);
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

/** The plan of a file whose rows are only counted. */
export function planUncheckedRows(fields: readonly string[]): RowPlan {
  return {
    columns: fields.map((name) => ({ name, type: "string" })),
    ignored: [],
    read: (row) => ({ cells: row }),
  };
}

/** Fields that the columns take from the file, in their order. */
export function fieldsOf(columns: readonly ImportColumn[]): string[] {
  return [...new Set(columns.flatMap((column) => fieldOf(column) ?? []))];
}

/** @throws AppError `shape-invalid`, when no file whatever could be read by these columns */
export function checkColumns(columns: readonly ImportColumn[]): void {
  for (const column of columns) {
    cellReader(column);
    if (column.constant !== undefined) {
      constantCell(column, column.constant);
    }
  }
}

interface PlannedColumn {
  /** What a partner knows the value as. */
  readonly field: string;
  value(row: Row, rowNumber: number): Cell;
  readonly read: CellReader;
}

/** The field of the file that a column takes; null when its value comes from elsewhere. */
function fieldOf({ name, from, fact, constant }: ImportColumn): string | null {
  return fact === undefined && constant === undefined ? (from ?? name) : null;
}

function plannedColumn(
  column: ImportColumn,
  fields: readonly string[],
  facts: MessageFacts,
): PlannedColumn {
  const read = cellReader(column);
  const { constant, fact, name } = column;
  if (constant !== undefined) {
    const cell = constantCell(column, constant);
    return { field: name, value: () => cell, read: (value) => value };
  }
  if (fact !== undefined) {
    return { field: fact, value: factValue(fact, facts), read };
  }
  const field = column.from ?? name;
  const index = fields.indexOf(field);
  return { field, value: index === -1 ? () => null : (row) => row[index] ?? null, read };
}

function factValue(
  fact: NonNullable<ImportColumn["fact"]>,
  facts: MessageFacts,
): (row: Row, rowNumber: number) => Cell {
  const values: Readonly<Record<Exclude<typeof fact, "row">, string | null>> = {
    company: facts.company,
    "external-id": facts.externalId,
    "message-id": facts.messageId,
    "execution-id": facts.executionId,
    "received-at": facts.receivedAt.toISOString(),
  };
  return fact === "row" ? (_, rowNumber) => String(rowNumber) : () => values[fact];
}

function requireFields(fields: readonly string[], columns: readonly ImportColumn[]): void {
  const missing = columns
    .filter(({ required, whenNull }) => required && whenNull === undefined)
    .flatMap((column) => fieldOf(column) ?? [])
    .filter((field) => !fields.includes(field));
  if (missing.length > 0) {
    throw new AppError(
      "columns-missing",
      `Cannot import the file: it lacks the column(s) ${quotedList(missing)}; it has ${quotedList(fields) || "none"}`,
    );
  }
}

function failureOf(facts: {
  row: number;
  field: string;
  raw: Cell;
  problem: CellProblem;
}): RowFailure {
  const { row, field, raw, problem } = facts;
  return { row, field, value: raw === null ? null : shortenedCopy(raw), reason: problem.reason };
}

const MAX_VALUE_LENGTH = 200;

/** A copy, so that a failure that is kept does not keep the text of a whole batch in memory. */
function shortenedCopy(text: string): string {
  const start = Buffer.from(text.slice(0, MAX_VALUE_LENGTH), "utf16le").toString("utf16le");
  return text.length <= MAX_VALUE_LENGTH ? start : `${start}...`;
}
