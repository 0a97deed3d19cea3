import { REASON_MARK } from "../failed-row-fields.ts";
import type { Cell, GivenRow } from "../rows.ts";
import type { FailedRowsText } from "../text/text-reader.ts";
import type { FixedColumn, FixedWidthImport } from "./options.ts";

/** Failed rows as lines of fixed width, each after a line with the reason. */
export function failedFixedWidthRows(options: FixedWidthImport): FailedRowsText {
  const columns = [...options.columns].sort((a, b) => a.start - b.start);
  const indexes = columns.map((column) => options.columns.indexOf(column));
  const line = (values: GivenRow): string => {
    let text: string[] = [];
    for (const [position, column] of columns.entries()) {
      const gap = column.start - 1 - text.length;
      text = [
        ...text,
        ...Array(gap).fill(" "),
        ...padded(values[indexes[position] as number] ?? null, column),
      ];
    }
    return text.join("");
  };
  return {
    start: () => (options.header ? `${columns.map(({ name }) => name).join(" ")}\n` : ""),
    row: (values, reason) => {
      const text = typeof values === "string" || values === null ? values : line(values);
      return `${REASON_MARK}${reason}\n${text === null ? "" : `${text}\n`}`;
    },
    end: () => "",
  };
}

/** The characters of a value in its column. */
function padded(cell: Cell, { length, pad, trim }: FixedColumn): string[] {
  const characters = [...(cell ?? "")];
  const padding: string[] = Array(Math.max(length - characters.length, 0)).fill(pad);
  return trim === "start" ? [...padding, ...characters] : [...characters, ...padding];
}
