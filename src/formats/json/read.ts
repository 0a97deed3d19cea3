import { fieldTable } from "../field-table.ts";
import { RowProblem } from "../row-problem.ts";
import { maxRowLength, type Pause, type ReaderRequest, type RowReader } from "../row-reader.ts";
import type { TextInput } from "../text/text-input.ts";
import { UnreadableFileError } from "../unreadable-file-error.ts";
import { type JsonRow, type JsonRowParser, jsonRowParser } from "./json-row.ts";
import { anyValueEnd, CUT, characterAt, skipSpace, stringEnd, stringValue } from "./json-text.ts";
import type { JsonImport } from "./options.ts";
import { skipJsonValue } from "./skip-value.ts";

/**
 * One JSON document with an array of objects, one per row, at the top or at `rowsAt`. Everything beside the array is
 * skipped. An element that is not an object is a failed row. A document is refused if it ends too early, lacks the
 * array, has two of them, or continues after its end. {@link jsonRowParser} describes how each value is read.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8259
 */
export const jsonReader: RowReader<JsonImport> = function* jsonReader(request) {
  const { options, input } = request;
  const found = yield* valueAt(options.rowsAt, input, rowsOf(request));
  if (!found) {
    throw new UnreadableFileError(`it has no ${named(options.rowsAt)}`);
  }
  input.at = skipSpace(input.text, input.at);
  while (!input.ended && input.at === input.text.length) {
    yield "more";
    input.at = skipSpace(input.text, input.at);
  }
  if (input.at < input.text.length) {
    throw new UnreadableFileError("more text follows its JSON document");
  }
};

type Step<Result> = Generator<Pause, Result>;

/** @returns whether the array of rows was in the value */
function* valueAt(path: string, input: TextInput, rows: () => Step<void>): Step<boolean> {
  const first = yield* peek(input);
  if (path !== "") {
    if (first === "{") {
      return yield* membersAt(path, input, rows);
    }
    yield* skipJsonValue(input);
    return false;
  }
  if (first !== "[") {
    throw new UnreadableFileError("its rows are not a JSON array");
  }
  yield* rows();
  return true;
}

function* membersAt(path: string, input: TextInput, rows: () => Step<void>): Step<boolean> {
  let found = false;
  input.at += 1;
  if ((yield* peek(input)) === "}") {
    input.at += 1;
    return found;
  }
  do {
    const rest = restOf(path, yield* memberName(input));
    if (rest !== null && found) {
      throw new UnreadableFileError(`it has ${named(path)} twice`);
    }
    yield* peek(input);
    if (rest === null) {
      yield* skipJsonValue(input);
    } else {
      found = yield* valueAt(rest, input, rows);
    }
  } while (yield* hasNext(input, "}"));
  return found;
}

/** Rest of a path after a member, whose own name may hold dots; null when the path does not lead through the member. */
function restOf(path: string, name: string): string | null {
  if (path === name) {
    return "";
  }
  return path.startsWith(`${name}.`) ? path.slice(name.length + 1) : null;
}

function rowsOf(request: ReaderRequest<JsonImport>): () => Step<void> {
  const { options, input, sink } = request;
  const fields = fieldTable({ ...request, unknownFields: options.unknownFields });
  const parse = jsonRowParser(fields, options.maxFieldLength);
  const maxLength = maxRowLength(options);

  const lengthSoFar = (row: RowText): number =>
    (row.end === CUT ? input.text.length : row.end) - input.at;

  function* row(): Step<void> {
    let found = rowAt(parse, input);
    while (found.end === CUT && !input.ended && lengthSoFar(found) <= maxLength) {
      yield "more";
      found = rowAt(parse, input);
    }
    if (lengthSoFar(found) > maxLength) {
      yield* skipJsonValue(input);
      fields.fail(new RowProblem(`is longer than ${maxLength} characters`), null);
    } else if (found.end > input.at) {
      take(found);
    } else {
      const state = found.end === CUT ? "it ends in the middle of" : "a comma stands instead of";
      throw new UnreadableFileError(`${state} row ${sink.nextRow}`);
    }
  }

  function take({ outcome, end }: RowText): void {
    const { text, at } = input;
    input.at = end;
    try {
      if (outcome instanceof RowProblem) {
        throw outcome;
      }
      fields.take((outcome as JsonRow).cells, end - at);
    } catch (error) {
      fields.fail(error, text.slice(at, end));
    }
  }

  return function* rows() {
    input.at += 1;
    if ((yield* peek(input)) === "]") {
      input.at += 1;
      return;
    }
    do {
      if (sink.full) {
        yield "full";
      }
      yield* peek(input);
      yield* row();
    } while (yield* hasNext(input, "]"));
  };
}

interface RowText {
  readonly outcome: JsonRow | RowProblem | null;
  /** Position after the row, even after one that cannot be read; or CUT. */
  readonly end: number;
}

function rowAt(parse: JsonRowParser, { text, at }: TextInput): RowText {
  try {
    const outcome = parse(text, at);
    return { outcome, end: outcome?.end ?? CUT };
  } catch (error) {
    if (error instanceof RowProblem) {
      return { outcome: error, end: anyValueEnd(text, at) };
    }
    throw error;
  }
}

function named(path: string): string {
  return path === "" ? "array" : `member ${JSON.stringify(path)}`;
}

/** Moves to the next character that is not a space. */
function* peek(input: TextInput): Step<string> {
  for (;;) {
    input.at = skipSpace(input.text, input.at);
    const character = input.text[input.at];
    if (character !== undefined) {
      return character;
    }
    if (input.ended) {
      throw new UnreadableFileError("its JSON document is empty or ends too early");
    }
    yield "more";
  }
}

/** Takes the comma before another item, or the closing bracket. */
function* hasNext(input: TextInput, closing: string): Step<boolean> {
  const character = yield* peek(input);
  if (character !== "," && character !== closing) {
    const found = characterAt(input.text, input.at);
    throw new UnreadableFileError(`it is not JSON: , or ${closing} is missing before ${found}`);
  }
  input.at += 1;
  return character === ",";
}

const MAX_NAME_LENGTH = 65_536;

/** Takes a member's name and the colon after it. */
function* memberName(input: TextInput): Step<string> {
  if ((yield* peek(input)) !== '"') {
    throw new UnreadableFileError("it is not JSON: a member has no name");
  }
  for (;;) {
    const end = stringEnd(input.text, input.at);
    if (end !== CUT) {
      const name = nameOf(input.text.slice(input.at, end));
      input.at = end;
      if ((yield* peek(input)) !== ":") {
        throw new UnreadableFileError("it is not JSON: a colon is missing after a member's name");
      }
      input.at += 1;
      return name;
    }
    if (input.ended || input.text.length - input.at > MAX_NAME_LENGTH) {
      throw new UnreadableFileError("it is not JSON: the name of a member does not end");
    }
    yield "more";
  }
}

function nameOf(token: string): string {
  try {
    return stringValue(token, 0, token.length);
  } catch (error) {
    throw new UnreadableFileError((error as Error).message, { cause: error });
  }
}
