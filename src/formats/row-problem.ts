import { shortenedCopy } from "./shortened.ts";

/** Why one row cannot be read. The rows around it can be read. */
export class RowProblem extends Error {
  readonly field: string | null;
  readonly value: string | null;

  /**
   * @param reason in words that a partner can act on, without the row's number
   * @param at the field at fault and its text, when there is one
   */
  constructor(reason: string, at: { field?: string; value?: string } = {}) {
    super(reason);
    this.name = "RowProblem";
    this.field = at.field ?? null;
    this.value = at.value === undefined ? null : shortenedCopy(at.value);
  }
}

/** Problem of a value longer than the limit. */
export function tooLong(field: string, value: string, maxLength: number): RowProblem {
  return new RowProblem(`is longer than ${maxLength} characters`, { field, value });
}
