import { type FieldTable, putCell } from "../field-table.ts";
import { RowProblem } from "../row-problem.ts";
import type { Cell, GivenCell } from "../rows.ts";
import {
  CUT,
  characterAt,
  containerEnd,
  containerValue,
  scalarEnd,
  scalarValue,
  skipSpace,
  stringEnd,
  stringValue,
} from "./json-text.ts";

export interface JsonRow {
  /** Cells by the fields' indexes, with holes for missing members. */
  readonly cells: GivenCell[];
  /** Position after the closing bracket. */
  readonly end: number;
}

/**
 * Reads the object that starts at a position; null when the object does not end in the text.
 * @throws RowProblem
 */
export type JsonRowParser = (text: string, at: number) => JsonRow | null;

/**
 * Rows as JSON objects: the reading rules that `json` and `jsonl` share.
 *
 * | what                       | how it is read                                                              |
 * |----------------------------|-----------------------------------------------------------------------------|
 * | string                     | its text; for a column of type JSON, too, so that `"{}"` and `{}` are the same there |
 * | number                     | its digits as they stand in the file, however many; `1.50` stays `1.50`     |
 * | `true`, `false`            | `true`, `false`                                                             |
 * | `null`                     | null                                                                        |
 * | a missing member           | not mentioned, so that the target keeps its value                           |
 * | object, array              | its JSON text as it stands in the file                                      |
 * | half a surrogate pair      | U+FFFD                                                                      |
 * | a member that stands twice | the row is refused, since programs disagree about which one counts          |
 * | an unknown member          | as `unknownFields` says                                                     |
 */
export function jsonRowParser(fields: FieldTable, maxFieldLength: number): JsonRowParser {
  const put = putCell(fields, maxFieldLength);
  const keys: { readonly name: string; readonly quoted: string }[] = [];

  /** Members mostly come in the columns' order, so the expected name is compared first. */
  function fieldAt(text: string, at: number, expected: number): Token<number> | null {
    const name = fields.names[expected];
    if (name !== undefined) {
      // A first row that fails is discarded with its names.
      if (keys[expected]?.name !== name) {
        keys[expected] = { name, quoted: JSON.stringify(name) };
      }
      const { quoted } = keys[expected] as (typeof keys)[number];
      if (text.startsWith(quoted, at)) {
        return { value: expected, end: at + quoted.length };
      }
    }
    const end = stringEnd(text, at);
    return end === CUT ? null : { value: fields.indexOf(stringValue(text, at, end)), end };
  }

  /** Reads `"name": value` into the cells. @returns the end position, or CUT */
  function memberAt(text: string, at: number, row: RowSoFar): number {
    const field = expect(text, at, '"') ? fieldAt(text, at, row.lastIndex + 1) : null;
    if (field === null) {
      return CUT;
    }
    const colon = skipSpace(text, field.end);
    if (!expect(text, colon, ":")) {
      return CUT;
    }
    const cell = cellAt(text, skipSpace(text, colon + 1));
    if (cell === null) {
      return CUT;
    }
    put(row.cells, field.value, cell.value);
    row.lastIndex = field.value;
    return cell.end;
  }

  /** Takes the comma after a member. @returns the start of the next member, or CUT */
  function nextMember(text: string, at: number): number {
    return expect(text, at, ",") ? skipSpace(text, at + 1) : CUT;
  }

  return (text, start) => {
    if (text[start] !== "{") {
      throw new RowProblem("is not a JSON object");
    }
    const row: RowSoFar = { cells: new Array(fields.names.length), lastIndex: -1 };
    let at = skipSpace(text, start + 1);
    if (text[at] === "}") {
      return { cells: row.cells, end: at + 1 };
    }
    while (at !== CUT) {
      const end = memberAt(text, at, row);
      const behind = end === CUT ? text.length : skipSpace(text, end);
      if (text[behind] === "}") {
        return { cells: row.cells, end: behind + 1 };
      }
      at = nextMember(text, behind);
    }
    return null;
  };
}

interface RowSoFar {
  readonly cells: GivenCell[];
  lastIndex: number;
}

interface Token<Value> {
  readonly value: Value;
  readonly end: number;
}

/** @returns null when the value does not end in the text */
function cellAt(text: string, at: number): Token<Cell> | null {
  const first = text[at];
  if (first === '"') {
    const end = stringEnd(text, at);
    return end === CUT ? null : { value: stringValue(text, at, end), end };
  }
  if (first === "{" || first === "[") {
    const end = containerEnd(text, at);
    return end === CUT ? null : { value: containerValue(text.slice(at, end)), end };
  }
  const end = scalarEnd(text, at);
  return end === CUT ? null : { value: scalarValue(text.slice(at, end)), end };
}

/** @returns false at the end of the text */
function expect(text: string, at: number, character: string): boolean {
  if (text[at] === character) {
    return true;
  }
  if (at >= text.length) {
    return false;
  }
  throw new RowProblem(`is not JSON: ${character} is missing before ${characterAt(text, at)}`);
}
