import { declaredFields, stillRaw } from "./declared-fields.ts";
import { RAW_FIELD, REASON_FIELD } from "./failed-row-fields.ts";
import { RowProblem, tooLong } from "./row-problem.ts";
import { MAX_COLUMNS } from "./row-reader.ts";
import type { RowSink } from "./row-sink.ts";
import type { Cell, GivenCell } from "./rows.ts";

/** Places the fields of rows that name their own fields. Names are data: `__proto__` is a name like any other. */
export interface FieldTable {
  /**
   * Names by index: first the columns' names, then other spellings of them in the file. The list grows while rows are
   * read; without declared fields, only while the first row is read.
   */
  readonly names: readonly string[];
  /** By index, whether the file has named the field. */
  readonly found: boolean[];
  /**
   * A forbidden field makes the row fail when the row is taken.
   *
   * @returns the index of the field's cell; -1 for a field that is skipped
   * @throws RowProblem when the rest of the row cannot be read
   */
  indexOf(name: string): number;
  /**
   * Takes a row: its cells by index, with holes for missing fields.
   * @throws RowProblem, which the caller gives to `fail`
   */
  take(cells: GivenCell[], length: number): void;
  /** Handles an error that reading or taking a row has thrown. Throws it again unless it concerns only that row. */
  fail(error: unknown, raw: string | null): void;
}

interface FieldRules {
  readonly declared: readonly string[] | undefined;
  /** Default: `refuse`. */
  readonly unknownFields: "refuse" | "ignore" | undefined;
  readonly sink: RowSink;
}

export function fieldTable({ declared, unknownFields, sink }: FieldRules): FieldTable {
  return declared === undefined
    ? learnedFields({ unknownFields, sink })
    : declaredFields({ declared, unknownFields, sink });
}

/** The fields of the first row are the columns. Where a later row lacks one, its cell is null. */
function learnedFields({ unknownFields, sink }: Omit<FieldRules, "declared">): FieldTable {
  const names: string[] = [];
  const indexes = new Map<string, number>();
  let learning = true;

  function unknown(name: string): number {
    if (name === REASON_FIELD) {
      return -1;
    }
    if (name === RAW_FIELD) {
      throw stillRaw();
    }
    if (learning && names.length < MAX_COLUMNS) {
      indexes.set(name, names.length);
      return names.push(name) - 1;
    }
    if (learning) {
      throw new RowProblem(`has more than ${MAX_COLUMNS} fields`);
    }
    if (unknownFields !== "ignore") {
      throw new RowProblem("has a field that the first row does not have", { field: name });
    }
    return -1;
  }

  return {
    names,
    found: [],
    indexOf: (name) => indexes.get(name) ?? unknown(name),
    take: (cells, length) => {
      if (learning) {
        learning = false;
        sink.nameColumns(names);
      }
      for (let index = 0; index < names.length; index += 1) {
        cells[index] ??= null;
      }
      sink.row(cells, length);
    },
    fail: (error, raw) => {
      if (!(error instanceof RowProblem)) {
        throw error;
      }
      if (learning) {
        names.length = 0;
        indexes.clear();
      }
      sink.fail(error, raw);
    },
  };
}

/**
 * Puts a field's cell among those of a row. A skipped field is left out.
 *
 * @returns a function that throws RowProblem when the row has the field already, or its value is too long
 */
export function putCell(
  fields: FieldTable,
  maxFieldLength: number,
): (cells: GivenCell[], index: number, cell: Cell) => void {
  const { found, names } = fields;
  return (cells, index, cell) => {
    if (index < 0) {
      return;
    }
    found[index] = true;
    if (cells[index] !== undefined) {
      throw new RowProblem("stands twice in the row", { field: names[index] as string });
    }
    if (cell !== null && cell.length > maxFieldLength) {
      throw tooLong(names[index] as string, cell, maxFieldLength);
    }
    cells[index] = cell;
  };
}
