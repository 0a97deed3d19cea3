import type { Cell } from "../../contracts/rows.ts";
import { RAW_FIELD, REASON_FIELD } from "./failed-row-fields.ts";
import { RowProblem, tooLong } from "./row-problem.ts";
import { MAX_COLUMNS } from "./row-reader.ts";
import type { RowSink } from "./row-sink.ts";

/** Where the fields of rows that name their own fields belong. Names are data: `__proto__` is one like any other. */
export interface FieldTable {
  /** Names by index; grows while the first row is read, when nothing was declared. */
  readonly names: readonly string[];
  /**
   * @returns the index of the field's cell; -1 for a field to be passed over
   * @throws RowProblem on a field that must not be there
   */
  indexOf(name: string): number;
  /** Takes a row: its cells by index, with holes where it has no field. */
  take(cells: (Cell | undefined)[], length: number): void;
  /** Takes what reading a row has thrown. Throws it again unless it is about that row alone. */
  fail(error: unknown, raw: string | null): void;
}

interface FieldRules {
  readonly declared: readonly string[] | undefined;
  readonly unknownFields: "refuse" | "ignore";
  readonly sink: RowSink;
}

export function fieldTable({ declared, unknownFields, sink }: FieldRules): FieldTable {
  const names = [...(declared ?? [])];
  const indexes = new Map(names.map((name, index) => [name, index]));
  const because = `has a field that ${declared === undefined ? "the first row does not have" : "the import does not declare"}`;
  let learning = declared === undefined;
  if (!learning) {
    sink.nameColumns(names);
  }

  function unknown(name: string): number {
    if (name === REASON_FIELD) {
      return -1;
    }
    if (name === RAW_FIELD) {
      const hint = "mend the text of this field and put it in the row's place";
      throw new RowProblem(`is still the text of a row that cannot be read: ${hint}`);
    }
    if (learning && names.length < MAX_COLUMNS) {
      indexes.set(name, names.length);
      return names.push(name) - 1;
    }
    if (learning) {
      throw new RowProblem(`has more than ${MAX_COLUMNS} fields`);
    }
    if (unknownFields === "refuse") {
      throw new RowProblem(because, { field: name });
    }
    return -1;
  }

  return {
    names,
    indexOf: (name) => indexes.get(name) ?? unknown(name),
    take: (cells, length) => {
      if (learning) {
        learning = false;
        sink.nameColumns(names);
      }
      fill(cells, names.length);
      sink.row(cells as Cell[], length);
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

function fill(cells: (Cell | undefined)[], width: number): void {
  for (let index = 0; index < width; index += 1) {
    cells[index] ??= null;
  }
}

/**
 * Puts a field's cell among those of a row. A field that is passed over is left out.
 *
 * @returns throws RowProblem when the row has the field already, or its value is too long
 */
export function putCell(
  fields: FieldTable,
  maxFieldLength: number,
): (cells: (Cell | undefined)[], index: number, cell: Cell) => void {
  return (cells, index, cell) => {
    if (index < 0) {
      return;
    }
    if (cells[index] !== undefined) {
      throw new RowProblem("stands twice in the row", { field: fields.names[index] as string });
    }
    if (cell !== null && cell.length > maxFieldLength) {
      throw tooLong(fields.names[index] as string, cell, maxFieldLength);
    }
    cells[index] = cell;
  };
}
