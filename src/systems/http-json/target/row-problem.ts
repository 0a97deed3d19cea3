import type { RowFailure } from "../../../domain/target.ts";
import type { Column } from "../../../formats/rows.ts";
import { type NumberedRow, shownValue } from "../../refused-row.ts";

/** Why a row cannot be sent. */
export interface UnsendableRow {
  /** Position of the column. */
  readonly index: number;
  readonly reason: string;
}

export function problemFailure(
  columns: readonly Column[],
  { number, cells }: NumberedRow,
  { index, reason }: UnsendableRow,
): RowFailure {
  return {
    row: number,
    field: columns[index]?.name ?? null,
    value: shownValue(cells[index] ?? null),
    reason,
  };
}
