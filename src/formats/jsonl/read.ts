import { fieldTable } from "../field-table.ts";
import { type JsonRow, jsonRowParser } from "../json/json-row.ts";
import { skipSpace } from "../json/json-text.ts";
import { RowProblem } from "../row-problem.ts";
import { maxRowLength, type RowReader } from "../row-reader.ts";
import { eachLine } from "../text/text-lines.ts";
import type { JsonLinesImport } from "./options.ts";

/**
 * JSON lines: one object per line. Empty lines are not rows. A line that is not a JSON object is a failed row. {@link
 * jsonRowParser} describes how each value is read.
 *
 * @see https://jsonlines.org
 */
export const jsonLinesReader: RowReader<JsonLinesImport> = (request) => {
  const { options, input, sink } = request;
  const fields = fieldTable({ ...request, unknownFields: options.unknownFields });
  const parse = jsonRowParser(fields, options.maxFieldLength);

  function rowOf(line: string, start: number): JsonRow {
    const row = parse(line, start);
    if (row === null) {
      throw new RowProblem("is not JSON: the line ends in the middle of the object");
    }
    const behind = skipSpace(line, row.end);
    if (behind < line.length) {
      throw new RowProblem("has more text after the object", { value: line.slice(behind) });
    }
    return row;
  }

  const take = (line: string): void => {
    const start = skipSpace(line, 0);
    if (start === line.length) {
      return;
    }
    try {
      fields.take(rowOf(line, start).cells, line.length);
    } catch (error) {
      fields.fail(error, line);
    }
  };
  return eachLine({ input, sink, maxLength: maxRowLength(options), take });
};
