import { fieldTable } from "../field-table.ts";
import { maxRowLength, type ReaderRequest, type RowReader } from "../row-reader.ts";
import type { RowSink } from "../row-sink.ts";
import { keptText } from "../text/kept-text.ts";
import { UnreadableFileError } from "../unreadable-file-error.ts";
import type { XmlImport } from "./options.ts";
import { XmlProblem, type XmlTag, xmlParser } from "./xml-parser.ts";
import { xmlRow } from "./xml-row.ts";

/** Small, so that a batch cannot grow far beyond its limit. */
const PIECE_LENGTH = 4_096;

/**
 * One XML document with an element per row: the elements that `rowElement` names, or the children of the root.
 * Everything beside the rows is skipped, but a document with other elements and no row is refused. Text that is not
 * well-formed ends the reading. {@link xmlRow} describes how each value is read.
 */
export const xmlReader: RowReader<XmlImport> = function* xmlReader(request) {
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

function xmlDocument(request: ReaderRequest<XmlImport>): XmlDocument {
  const { options, sink } = request;
  const maxLength = maxRowLength(options);
  const fields = fieldTable({ ...request, unknownFields: options.unknownFields });
  const row = xmlRow(fields, options);
  const source = keptText();
  let depth = 0;
  let rowStart = -1;
  /** An element at the place of a row, for the error when there are no rows. */
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

/** The text of the row, without the end of the tag before it. */
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
