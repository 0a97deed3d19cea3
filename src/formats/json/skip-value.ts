import type { Pause } from "../row-reader.ts";
import type { TextInput } from "../text/text-input.ts";
import { UnreadableFileError } from "../unreadable-file-error.ts";
import { CUT, scalarEnd, stringEnd } from "./json-text.ts";

const STRUCTURE_REGEXP = /["{}[\]]/g;

/**
 * Skips the value at the input's position, of any length, without holding it in memory. The end of an object or array
 * is found by its brackets alone.
 *
 * @throws UnreadableFileError when the text ends before the value
 */
export function* skipJsonValue(input: TextInput): Generator<Pause, void> {
  const first = input.text[input.at] as string;
  const skip = '"{['.includes(first) ? structureSkipper() : skipScalar;
  while (!skip(input)) {
    if (input.ended) {
      throw new UnreadableFileError("its JSON document ends too early");
    }
    yield "more";
  }
}

/** Moves the input on. @returns whether the value has ended */
type Skip = (input: TextInput) => boolean;

function skipScalar(input: TextInput): boolean {
  const end = scalarEnd(input.text, input.at);
  input.at = end === CUT ? input.text.length : end;
  return end !== CUT;
}

function structureSkipper(): Skip {
  let depth = 0;
  let inString = false;

  function skipString(input: TextInput): void {
    const end = stringEnd(input.text, input.at - 1);
    inString = end === CUT;
    input.at = inString ? input.text.length - openEscape(input.text) : end;
  }

  function skipToBracket(input: TextInput): void {
    STRUCTURE_REGEXP.lastIndex = input.at;
    const found = STRUCTURE_REGEXP.exec(input.text);
    input.at = found === null ? input.text.length : found.index + 1;
    switch (found?.[0]) {
      case '"':
        inString = true;
        break;
      case "{":
      case "[":
        depth += 1;
        break;
      case "}":
      case "]":
        depth -= 1;
        break;
      default:
    }
  }

  return (input) => {
    let before = -1;
    while (input.at !== before) {
      before = input.at;
      (inString ? skipString : skipToBracket)(input);
      if (depth === 0 && !inString) {
        return true;
      }
    }
    return false;
  };
}

/** 1 when the text ends with a backslash that escapes the next character. */
function openEscape(text: string): number {
  let start = text.length;
  while (text[start - 1] === "\\") {
    start -= 1;
  }
  return (text.length - start) % 2;
}
