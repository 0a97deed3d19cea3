import { fieldTable } from "../field-table.ts";
import { RowProblem } from "../row-problem.ts";
import { maxRowLength, type ReaderRequest, type RowReader } from "../row-reader.ts";
import { eachLine } from "../text/text-lines.ts";
import { type XmlParser, XmlProblem, xmlParser } from "../xml/xml-parser.ts";
import { type XmlRow, xmlRow } from "../xml/xml-row.ts";
import type { XmlLinesImport } from "./options.ts";

/**
 * XML lines: one document per row and line. Empty lines are not rows. A line that is not a well-formed document is a
 * failed row. {@link xmlRow} describes how each value is read.
 */
export const xmlLinesReader: RowReader<XmlLinesImport> = (request) => {
  const { options, input, sink } = request;
  const fields = fieldTable({ ...request, unknownFields: options.unknownFields });
  const row = xmlRow(fields, options);
  let parser: XmlParser | null = null;

  const take = (line: string): void => {
    if (line.trim() === "") {
      return;
    }
    try {
      parser ??= lineParser(row, request);
      parser.write(line);
      parser.close();
      fields.take(row.cells(), line.length);
    } catch (error) {
      const isDamage = error instanceof XmlProblem;
      if (isDamage) {
        // The parser cannot undo a document that it has begun.
        parser = null;
      }
      fields.fail(isDamage ? new RowProblem(error.message) : error, line);
    }
  };
  return eachLine({ input, sink, maxLength: maxRowLength(options), take });
};

function lineParser(row: XmlRow, { options }: ReaderRequest<XmlLinesImport>): XmlParser {
  let isOpen = false;
  return xmlParser({
    maxLength: maxRowLength(options),
    checkEncoding: options.encoding === "auto",
    handlers: {
      open: (tag) => {
        if (isOpen) {
          row.open(tag);
          return;
        }
        isOpen = true;
        row.start(tag);
        if (options.rowElement !== undefined && tag.local !== options.rowElement) {
          row.refuse(
            new RowProblem(`is not an element "${options.rowElement}"`, { value: tag.local }),
          );
        }
      },
      text: (text) => {
        if (isOpen) {
          row.text(text);
        }
      },
      close: () => {
        isOpen = !row.close();
      },
    },
  });
}
