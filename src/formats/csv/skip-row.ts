import type { Pause } from "../row-reader.ts";
import type { TextInput } from "../text/text-input.ts";
import { UnreadableFileError } from "../unreadable-file-error.ts";
import type { CsvImport } from "./options.ts";

type CsvRules = Pick<CsvImport, "delimiter" | "quotes">;

/**
 * | state    | the previous character                                    |
 * |----------|-----------------------------------------------------------|
 * | `start`  | a delimiter, or none                                      |
 * | `plain`  | in a value without quotes, or after a closing quote       |
 * | `quoted` | in a value in quotes                                      |
 * | `quote`  | a quote in a quoted value: the closing one, or half of two |
 * | `return` | a carriage return that ends the row                       |
 * | `end`    | a line feed that ends the row                             |
 */
type State = "start" | "plain" | "quoted" | "quote" | "return" | "end";

/**
 * Skips a row that is too long to be kept, without holding it in memory.
 *
 * @throws UnreadableFileError when the file ends inside quotes: the rows inside the quotes are lost
 */
export function* skipCsvRow(
  input: TextInput,
  rules: CsvRules,
  row: number,
): Generator<Pause, void> {
  let state: State = "start";
  for (;;) {
    state = skipText(input, rules, state);
    if (state === "end") {
      return;
    }
    if (input.ended) {
      break;
    }
    yield "more";
  }
  if (state === "quoted") {
    throw new UnreadableFileError(`row ${row} opens a quote that is never closed`);
  }
}

/** Moves the input past the row, or to the end of its text. */
function skipText(input: TextInput, rules: CsvRules, before: State): State {
  let state = before;
  while (input.at < input.text.length && state !== "end") {
    const character = input.text[input.at] as string;
    if (state === "return" && character !== "\n") {
      return "end";
    }
    state = next(state, character, rules);
    input.at += 1;
  }
  return state;
}

function next(state: State, character: string, { delimiter, quotes }: CsvRules): State {
  if (character === '"' && quotes === "double" && state !== "plain") {
    return state === "quoted" ? "quote" : "quoted";
  }
  if (state === "quoted") {
    return "quoted";
  }
  switch (character) {
    case "\n":
      return "end";
    case "\r":
      return "return";
    default:
      return character === delimiter ? "start" : "plain";
  }
}
