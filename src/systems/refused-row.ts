import type { GivenCell, GivenRow } from "../formats/rows.ts";
import { shortened } from "../formats/shortened.ts";

/** A row with its number in the file, from 1. */
export interface NumberedRow {
  readonly number: number;
  readonly cells: GivenRow;
}

const MAX_VALUE_CHARACTERS = 60;

/** A cell in the text of a refusal. */
export function shownValue(cell: GivenCell): string | null {
  return cell === null || cell === undefined ? null : shortened(cell, MAX_VALUE_CHARACTERS);
}
