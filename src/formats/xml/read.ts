import { fieldTable } from "../field-table.ts";
import type { ImportOptionsOf } from "../import-format.ts";
import { maxRowLength, type ReaderRequest, type RowReader } from "../row-reader.ts";
import type { RowSink } from "../row-sink.ts";
import { keptText } from "../text/kept-text.ts";
import { UnreadableFileError } from "../unreadable-file-error.ts";
import { XmlProblem, type XmlTag, xmlParser } from "./xml-parser.ts";
import { xmlRow } from "./xml-row.ts";

type XmlOptions = ImportOptionsOf<"xml">;

/** Small, so that a batch cannot grow far beyond what it should hold. */
const PIECE_LENGTH = 4_096;

/**
 * One XML document with an element a row: those that `rowElement` names, or the children of the root. What stands
 * beside the rows is passed over, but a document without any row that has other elements is refused. Text that is not
 * well-formed ends the reading. How each value is read stands with {@link xmlRow}.
 */
export const xml: RowReader<XmlOptions> = function* xml(request) {
  const { input, sink } = request;
  const document = xmlDocument(request);
  while (input.at < input.text.length || !input.ended) {
    if (sink.full) {
      yield "full";
    }
    if (input.at === input.text.length) {
      yield "more";
    } else {
      const piece = input.text.slice(input.at, input.at + PIECE_LENGTH);
      input.at += piece.length;
      document.write(piece);
    }
  }
  document.close();
};

interface XmlDocument {
  write(piece: string): void;
  close(): void;
}

function xmlDocument(request: ReaderRequest<XmlOptions>): XmlDocument {
  const { options, sink } = request;
  const maxLength = maxRowLength(options);
  const fields = fieldTable({ ...request, unknownFields: options.unknownFields });
  const row = xmlRow(fields, options);
  const source = keptText();
  let depth = 0;
  let rowStart = -1;
  /** An element that could have been a row by its place, for the error when there are none. */
  let otherElement: string | null = null;

  const isRow = (tag: XmlTag): boolean =>
    options.rowElement === undefined ? depth === 2 : tag.local === options.rowElement;

  function endRow(end: number): void {
    const start = rowStart;
    rowStart = -1;
    try {
      fields.take(row.cells(), end - start);
    } catch (error) {
      fields.fail(error, end - start > maxLength ? null : rawRow(source.slice(start, end)));
    }
  }

  const parser = xmlParser({
    maxLength,
    checkEncoding: options.encoding === "auto",
    handlers: {
      open: (tag, start) => {
        depth += 1;
        if (rowStart >= 0) {
          row.open(tag);
        } else if (isRow(tag)) {
          rowStart = start;
          row.start(tag);
        } else if (depth > 1) {
          otherElement ??= tag.local;
        }
      },
      text: (text) => {
        if (rowStart >= 0) {
          row.text(text);
        }
      },
      close: (end) => {
        depth -= 1;
        if (rowStart >= 0 && row.close()) {
          endRow(end);
        }
      },
    },
  });

  return {
    write: (piece) => {
      source.add(piece);
      readable(() => parser.write(piece), sink);
      const isKept = rowStart >= 0 && parser.settled - rowStart <= maxLength;
      source.forgetBefore(isKept ? rowStart : parser.settled);
    },
    close: () => {
      readable(() => parser.close(), sink);
      if (sink.nextRow === 1 && otherElement !== null) {
        const wanted = JSON.stringify(options.rowElement);
        throw new UnreadableFileError(`it has no element ${wanted}, but "${otherElement}"`);
      }
    },
  };
}

/** Without the end of the tag before it. */
function rawRow(text: string): string {
  return text.replace(/^>?\s*/, "");
}

function readable(step: () => void, sink: RowSink): void {
  try {
    step();
  } catch (error) {
    throw error instanceof XmlProblem
      ? new UnreadableFileError(`it ${error.message}, at row ${sink.nextRow}`, { cause: error })
      : error;
  }
}
