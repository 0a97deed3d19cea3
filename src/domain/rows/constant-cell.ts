import { AppError } from "../errors.ts";
import type { ImportColumn } from "../imports/import-column.ts";
import { conversion } from "./column-conversion.ts";

/** A value of a definition as canonical text of the column's type. @throws AppError `shape-invalid` */
export function constantCell(
  { name, type }: Pick<ImportColumn, "name" | "type">,
  constant: string | number | boolean,
): string {
  const value = conversion("string", type)?.(String(constant)) ?? null;
  if (value === null) {
    throw new AppError(
      "shape-invalid",
      `Cannot read column "${name}": ${JSON.stringify(constant)} is not a valid ${type}`,
    );
  }
  return value;
}
