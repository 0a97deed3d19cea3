import { declaredFields, stillRaw } from "./declared-fields.ts";
import { RAW_FIELD, REASON_FIELD } from "./failed-row-fields.ts";
import { RowProblem, tooLong } from "./row-problem.ts";
import { MAX_COLUMNS } from "./row-reader.ts";
import type { RowSink } from "./row-sink.ts";
import type { Cell, GivenCell } from "./rows.ts";

/** Where the fields of rows that name their own fields belong. Names are data: `__proto__` is one like any other. */
export interface FieldTable {
  /**
   * Names by index: the columns', then other spellings of theirs that the file has. Grows while rows are read; without
   * a declaration, while the first row is.
   */
  readonly names: readonly string[];
  /** By index, whether the file has named the field. */
  readonly found: boolean[];
  /**
   * A field that must not be there makes the row fail once it is taken.
   *
   * @returns the index of the field's cell; -1 for a field to be passed over
   * @throws RowProblem when the row cannot be read on
   */
  indexOf(name: string): number;
  /**
   * Takes a row: its cells by index, with holes where it has no field.
   * @throws RowProblem, to be given to `fail`
   */
  take(cells: GivenCell[], length: number): void;
  /** Takes what reading or taking a row has thrown. Throws it again unless it is about that row alone. */
  fail(error: unknown, raw: string | null): void;
}

interface FieldRules {
  readonly declared: readonly string[] | undefined;
  /** Refused by default. */
  readonly unknownFields: "refuse" | "ignore" | undefined;
  readonly sink: RowSink;
}

export function fieldTable({ declared, unknownFields, sink }: FieldRules): FieldTable {
  return declared === undefined
    ? learnedFields({ unknownFields, sink })
    : declaredFields({ declared, unknownFields, sink });
}

/** The fields of the first row are the columns; where a later one has none, it has a null. */
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
 * Puts a field's cell among those of a row. A field that is passed over is left out.
 *
 * @returns throws RowProblem when the row has the field already, or its value is too long
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
