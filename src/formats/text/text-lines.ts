import { RowProblem } from "../row-problem.ts";
import type { Pause } from "../row-reader.ts";
import type { RowSink } from "../row-sink.ts";
import type { TextInput } from "./text-input.ts";

interface LineRequest {
  readonly input: TextInput;
  readonly sink: RowSink;
  /** A longer line is a failed row. */
  readonly maxLength: number;
  /** Takes a line without its end, LF or CRLF. */
  readonly take: (line: string) => void;
}

/** Reads a text line by line. The last line needs no line end. Pauses when the sink is full. */
export function* eachLine({ input, sink, maxLength, take }: LineRequest): Generator<Pause, void> {
  while (input.at < input.text.length || !input.ended) {
    if (sink.full) {
      yield "full";
    }
    const lineFeed = input.text.indexOf("\n", input.at);
    const end = lineFeed === -1 ? input.text.length : lineFeed;
    if (end - input.at > maxLength) {
      yield* skipLine(input);
      sink.fail(new RowProblem(`is longer than ${maxLength} characters`), null);
    } else if (lineFeed === -1 && !input.ended) {
      yield "more";
    } else {
      take(takeLine(input, end));
    }
  }
}

function takeLine(input: TextInput, end: number): string {
  const { text, at } = input;
  input.at = Math.min(end + 1, text.length);
  return text.slice(at, end > at && text.charCodeAt(end - 1) === CR ? end - 1 : end);
}

const CR = 0x0d;

function* skipLine(input: TextInput): Generator<Pause, void> {
  for (;;) {
    const lineFeed = input.text.indexOf("\n", input.at);
    input.at = lineFeed === -1 ? input.text.length : lineFeed + 1;
    if (lineFeed !== -1 || input.ended) {
      return;
    }
    yield "more";
  }
}
