import { shortenedCopy } from "./shortened.ts";

/** Why one row cannot be read, while the rows around it can. */
export class RowProblem extends Error {
  readonly field: string | null;
  readonly value: string | null;

  /**
   * @param reason in words that a partner can act on, without the row's number
   * @param at the field that is to blame and its text, when there is one
   */
  constructor(reason: string, at: { field?: string; value?: string } = {}) {
    super(reason);
    this.name = "RowProblem";
    this.field = at.field ?? null;
    this.value = at.value === undefined ? null : shortenedCopy(at.value);
  }
}

/** A value that is longer than a value may be. */
export function tooLong(field: string, value: string, maxLength: number): RowProblem {
  return new RowProblem(`is longer than ${maxLength} characters`, { field, value });
}
