import { RAW_FIELD, REASON_FIELD } from "../failed-row-fields.ts";
import type { JsonLinesImport } from "../jsonl/options.ts";
import type { GivenRow } from "../rows.ts";
import type { FailedRowsText } from "../text/text-reader.ts";
import { parseForeignJson } from "./bounded-json.ts";
import type { JsonImport } from "./options.ts";

type JsonOptions = JsonImport | JsonLinesImport;

/**
 * Failed rows as JSON. Every cell is a string, which is read like the number or the object of the file. A member that
 * the row did not have is left out.
 */
export function failedJsonRows(options: JsonOptions, columns: readonly string[]): FailedRowsText {
  const object = objectWriter(columns);
  if (options.kind === "jsonl") {
    return {
      start: () => "",
      row: (values, reason) => `${object(values, reason)}\n`,
      end: () => "",
    };
  }
  const isWrapped = options.rowsAt !== "";
  let separator = "\n";
  return {
    start: () => (isWrapped ? `{${JSON.stringify(options.rowsAt)}:[` : "["),
    row: (values, reason) => {
      const text = separator + object(values, reason);
      separator = ",\n";
      return text;
    },
    end: () => (isWrapped ? "\n]}\n" : "\n]\n"),
  };
}

function objectWriter(
  columns: readonly string[],
): (values: GivenRow | string | null, reason: string) => string {
  const keys = columns.map((name) => JSON.stringify(name));
  return (values, reason) => {
    const start = `{${JSON.stringify(REASON_FIELD)}:${JSON.stringify(reason)}`;
    if (typeof values === "string" && isObject(values)) {
      const members = values.slice(values.indexOf("{") + 1);
      return start + (/^\s*\}/.test(members) ? members : `,${members}`);
    }
    if (values === null || typeof values === "string") {
      return `${start},${JSON.stringify(RAW_FIELD)}:${JSON.stringify(values ?? "")}}`;
    }
    const members = values.map((cell, index) =>
      cell === undefined ? "" : `,${keys[index]}:${JSON.stringify(cell)}`,
    );
    return `${start}${members.join("")}}`;
  };
}

function isObject(raw: string): boolean {
  try {
    const value: unknown = parseForeignJson(raw);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
