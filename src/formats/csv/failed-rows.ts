import { REASON_FIELD, REASON_MARK } from "../failed-row-fields.ts";
import type { GivenCell, GivenRow } from "../rows.ts";
import type { FailedRowsText } from "../text/text-reader.ts";
import { csvSplitter } from "./csv-rows.ts";
import type { CsvImport } from "./options.ts";
import { csvWriter } from "./write.ts";

/** Failed rows as csv. The reason is the first value, because a row can have too few or too many other values. */
export function failedCsvRows(options: CsvImport, columns: readonly string[]): FailedRowsText {
  const { delimiter } = options;
  const line = options.quotes === "double" ? quotedLine(options) : plainLine(options);
  const mark = options.header ? "" : REASON_MARK;
  const start = options.header ? `${line([REASON_FIELD, ...columns])}\r\n` : "";
  return {
    start: () => start,
    row: (values, reason) => {
      const first = mark + reason;
      if (values === null) {
        return `${line([first])}\r\n`;
      }
      if (typeof values !== "string") {
        return `${line([first, ...values])}\r\n`;
      }
      const raw = standsAlone(values, options) ? values : line([values]);
      return `${line([first])}${delimiter}${raw}\r\n`;
    },
    end: () => "",
  };
}

type Line = (cells: GivenRow) => string;

function quotedLine({ delimiter, nullText }: CsvImport): Line {
  return (cells) => {
    const columns = cells.map((_, index) => ({ name: String(index), type: "string" as const }));
    const writer = csvWriter(columns, "", {
      kind: "csv",
      delimiter,
      header: false,
      quoting: "minimal",
      lineEnd: "lf",
      nullText,
      booleans: { true: "true", false: "false" },
      excelSafe: false,
      encoding: "utf-8",
    });
    return writer.rows([cells.map((cell) => cell ?? null)]).slice(0, -1);
  };
}

/** Cells that were read without quotes hold no delimiter and no line end. Only the reason can hold them. */
function plainLine({ delimiter, nullText }: CsvImport): Line {
  const text = (cell: GivenCell): string => (cell ?? nullText).replaceAll(delimiter, " ");
  return (cells) => cells.map(text).join(delimiter);
}

function standsAlone(raw: string, options: CsvImport): boolean {
  const row = csvSplitter(options)({ text: `${raw}\n`, at: 0, ended: true });
  return row.cells !== null && row.next > raw.length;
}
