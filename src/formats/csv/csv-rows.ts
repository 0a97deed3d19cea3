import type { Cell } from "../rows.ts";
import type { TextInput } from "../text/text-input.ts";
import type { CsvImport } from "./options.ts";

/** One row of the text. */
export interface CsvRow {
  readonly cells: Cell[];
  /** Where the row ends, without its line end. */
  readonly end: number;
  /** Start of the next row. */
  readonly next: number;
  /** Reason why the row cannot be read, or null. */
  readonly problem: string | null;
}

/** The input does not hold the whole row yet. When no more text comes, a closing quote is missing. */
export interface CsvRowStart {
  readonly cells: null;
}

type CsvRules = Pick<
  CsvImport,
  "delimiter" | "quotes" | "strayQuotes" | "nullText" | "maxFieldLength"
>;

const PAIRS_REGEXP = /""/g;
/** A row with more values than any file may have columns is refused, so that it cannot fill the memory. */
export const MAX_CELLS = 2_000;
const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;

/**
 * Finds rows in a text that may end anywhere. A line without quotes is split as a whole; the others go field by field.
 *
 * Own code, because csv-parse loses the rows that follow a quote which is never closed, and takes four to seven times as
 * long.
 */
export function csvSplitter(rules: CsvRules): (input: TextInput) => CsvRow | CsvRowStart {
  const { delimiter, nullText } = rules;
  const fieldByField = fieldSplitter(rules);
  const nextQuote = finder(rules.quotes === "double" ? '"' : null);
  const nextReturn = finder("\r");
  let lastText = "";
  let lastAt = 0;

  return (input) => {
    const { text, at } = input;
    // Equal text does not mean the same place: a file can repeat itself.
    const isNew = at < lastAt || text !== lastText;
    lastText = text;
    lastAt = at;
    const next = text.indexOf("\n", at) + 1;
    const quoteAt = nextQuote(text, at, isNew);
    const returnAt = nextReturn(text, at, isNew);
    if (next === 0 || quoteAt < next || returnAt < next - 2) {
      return fieldByField(input);
    }
    const end = returnAt === next - 2 ? returnAt : next - 1;
    const cells: Cell[] = text.slice(at, end).split(delimiter, MAX_CELLS);
    putNulls(cells, nullText);
    return { cells, end, next, problem: null };
  };
}

/** Finds the next place of a character, or the end of the text. Positions only grow, so each place is searched once. */
function finder(character: string | null): (text: string, from: number, isNew: boolean) => number {
  let found = -1;
  return (text, from, isNew) => {
    if (isNew || found < from) {
      const index = character === null ? -1 : text.indexOf(character, from);
      found = index === -1 ? text.length : index;
    }
    return found;
  };
}

function putNulls(cells: Cell[], nullText: string): void {
  for (let index = 0; index < cells.length; index += 1) {
    if (cells[index] === nullText) {
      cells[index] = null;
    }
  }
}

interface Field {
  readonly cell: Cell;
  /** End of the field: a delimiter, a line end or the end of the text. */
  readonly end: number;
  readonly problem: string | null;
}

type FieldReader = (text: string, at: number, ended: boolean) => Field;

interface FieldReaders {
  /** Code of the delimiter. */
  readonly delimiter: number;
  readonly plain: FieldReader;
  /** Reads a field that starts with a quote. Null when the closing quote is not in the text. */
  readonly quoted: (text: string, at: number, ended: boolean) => Field | null;
}

function fieldSplitter(rules: CsvRules): (input: TextInput) => CsvRow | CsvRowStart {
  const plain = plainField(rules);
  const quoted = rules.quotes === "double" ? quotedField(plain, rules.maxFieldLength) : plain;
  const readers = { delimiter: rules.delimiter.charCodeAt(0), plain, quoted };
  return (input) => {
    const row = rowAt(readers, input);
    return row === null || (!input.ended && isCut(input.text, row.end)) ? { cells: null } : row;
  };
}

function rowAt(
  { delimiter, plain, quoted }: FieldReaders,
  { text, at, ended }: TextInput,
): CsvRow | null {
  const cells: Cell[] = [];
  let problem: string | null = null;
  for (let start = at; ; ) {
    const field = (text.charCodeAt(start) === QUOTE ? quoted : plain)(text, start, ended);
    if (field === null) {
      return null;
    }
    const { cell, end } = field;
    if (cells.length < MAX_CELLS) {
      cells.push(cell);
    }
    problem ??= field.problem && `${field.problem} in value ${cells.length}`;
    if (text.charCodeAt(end) !== delimiter) {
      return { cells, end, next: lineEnd(text, end), problem };
    }
    start = end + 1;
  }
}

/**
 * Whether the next character, which is not there yet, could be the second quote of a pair or the line feed of a line
 * end.
 */
function isCut(text: string, end: number): boolean {
  return end === text.length || (end + 1 === text.length && text.charCodeAt(end) === CR);
}

/** Start of the next line: after CRLF, LF, CR or at the end of the text. */
function lineEnd(text: string, at: number): number {
  const isPair = text.charCodeAt(at) === CR && text.charCodeAt(at + 1) === LF;
  return Math.min(at + (isPair ? 2 : 1), text.length);
}

function plainField({ delimiter, quotes, strayQuotes, nullText }: CsvRules): FieldReader {
  const delimiterCode = delimiter.charCodeAt(0);
  const refused = quotes === "double" && strayQuotes === "refuse" ? QUOTE : -1;
  return (text, at) => {
    let end = at;
    let problem: string | null = null;
    for (; end < text.length; end += 1) {
      const code = text.charCodeAt(end);
      if (code === delimiterCode || code === LF || code === CR) {
        break;
      }
      if (code === refused) {
        problem = "has a quote inside a value without quotes";
      }
    }
    const cell = text.slice(at, end);
    return { cell: cell === nullText ? null : cell, end, problem };
  };
}

function quotedField(plain: FieldReader, maxFieldLength: number): FieldReaders["quoted"] {
  return (text, at, ended) => {
    let quoteAt = text.indexOf('"', at + 1);
    let hasPairs = false;
    while (quoteAt !== -1 && text.charCodeAt(quoteAt + 1) === QUOTE) {
      hasPairs = true;
      quoteAt = text.indexOf('"', quoteAt + 2);
    }
    if (quoteAt === -1 || (quoteAt + 1 === text.length && !ended)) {
      return null;
    }
    const value = text.slice(at + 1, quoteAt);
    const { end } = plain(text, quoteAt + 1, ended);
    // At most half of the value can be quotes of pairs. A value of more than twice the limit is too long in any case.
    const unpaired = hasPairs && value.length <= 2 * maxFieldLength;
    return {
      cell: unpaired ? value.replace(PAIRS_REGEXP, '"') : value,
      end,
      problem: end === quoteAt + 1 ? null : "has text after the closing quote",
    };
  };
}
