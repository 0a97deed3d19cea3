import type { GivenCell, GivenRow } from "../formats/rows.ts";

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

/**
 * Cuts a text that is longer, and marks the cut with dots. It never cuts between the halves of a character pair, and
 * removes single halves, so that JSON can hold it.
 */
export function shortened(text: string, maxCharacters: number): string {
  const start =
    text.length <= maxCharacters
      ? text
      : `${text.slice(0, maxCharacters).replace(/[\ud800-\udbff]$/, "")}...`;
  return start.toWellFormed();
}
