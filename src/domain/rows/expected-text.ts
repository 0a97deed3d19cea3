import type { ColumnType } from "../../formats/rows.ts";
import type { ImportColumn } from "../imports/import-column.ts";

const EXPECTED: Readonly<Record<ColumnType, string>> = {
  string: "a text",
  boolean: "true, false, 1 or 0",
  integer: "a whole number such as 1234",
  decimal: "a number such as 1234.5",
  double: "a number such as 1234.5 or 1.5e3, NaN or Infinity",
  date: "a date such as 2024-02-29",
  time: "a time such as 08:30:00",
  datetime: "a date and time with a zone such as 2024-02-29T08:30:00Z or +02:00",
  "local-datetime": "a date and time without a zone such as 2024-02-29T08:30:00",
  uuid: "32 hexadecimal digits",
  json: "a JSON text",
  binary: "base64",
};

const DATES = { dmy: "29.02.2024", mdy: "02/29/2024", ymd: "20240229" } as const;

/** Values of a column, in words that follow "expected". */
export function expectedText({ type, numbers, dates }: ImportColumn): string {
  if (numbers !== undefined) {
    const { decimal, group = "" } = numbers;
    const fraction = type === "integer" ? "" : `${decimal}5`;
    return `a number such as 1${group}234${fraction}`;
  }
  return dates === undefined ? EXPECTED[type] : `${EXPECTED[type]} or ${DATES[dates]}`;
}
