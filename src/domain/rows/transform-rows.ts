import type { Cell, Column, ColumnType, Row } from "../../formats/rows.ts";
import { shownText } from "../../formats/shortened.ts";
import { AppError } from "../errors.ts";
import type { Shape } from "../exports/export-shape.ts";
import { filterPredicate } from "../filters/filter-predicate.ts";
import { parseFilter } from "../filters/parse-filter.ts";
import { quotedList } from "../values/quoted-list.ts";
import { type Conversion, conversion } from "./column-conversion.ts";

export interface Transform {
  /** The columns of the resulting rows. */
  readonly columns: readonly Column[];
  /**
   * Filters, chooses, orders and converts.
   *
   * @throws AppError `conversion-failed` that names the column and the value
   */
  transform(batch: readonly Row[]): readonly Row[];
}

/**
 * Plans once how a source's rows become the rows of the file. First the filter is applied, on the source's columns.
 * Then each column of the shape is copied, converted ({@link conversion} has the rules) or constant. At last `whenNull`
 * replaces nulls.
 *
 * @throws AppError `shape-invalid` when the source lacks a column, a conversion does not exist, a constant is not a
 *   value of its type, or two columns would have one name; `filter-invalid`
 */
export function planTransform(
  sourceColumns: readonly Column[],
  shape: Pick<Shape, "columns" | "filter">,
): Transform {
  const keep =
    shape.filter === undefined ? null : filterPredicate(parseFilter(shape.filter), sourceColumns);
  const planned = shape.columns?.map((column) => planColumn(column, sourceColumns)) ?? null;
  const columns = planned?.map(({ column }) => column) ?? sourceColumns;
  requireDistinctNames(columns);
  const project = planned === null ? null : projection(planned.map(({ cell }) => cell));

  return {
    columns,
    transform: (batch) => {
      const kept = keep === null ? batch : batch.filter(keep);
      return project === null ? kept : kept.map(project);
    },
  };
}

type ShapedColumn = NonNullable<Shape["columns"]>[number];
type ColumnOfSource = Exclude<ShapedColumn, string>;
type CellOf = (row: Row) => Cell;

interface PlannedColumn {
  readonly column: Column;
  readonly cell: CellOf;
}

function projection(cells: readonly CellOf[]): (row: Row) => Row {
  const width = cells.length;
  return (row) => {
    const projected = new Array<Cell>(width);
    for (let index = 0; index < width; index += 1) {
      projected[index] = (cells[index] as CellOf)(row);
    }
    return projected;
  };
}

function planColumn(shaped: ShapedColumn, sourceColumns: readonly Column[]): PlannedColumn {
  const wanted: ColumnOfSource = typeof shaped === "string" ? { name: shaped } : shaped;
  const { name, constant } = wanted;
  if (constant !== undefined) {
    const type = wanted.type ?? typeOf(constant);
    const value = constant === null ? null : constantCell(name, constant, type);
    return { column: { name, type }, cell: () => value };
  }
  const index = indexOf(wanted.from ?? name, sourceColumns);
  const source = sourceColumns[index] as Column;
  const type = wanted.type ?? source.type;
  if (type === source.type) {
    return { column: { ...source, name }, cell: withDefault(copied(index), wanted, type) };
  }
  const converted = convertedCell(wanted, index, { source, type });
  return { column: { name, type }, cell: withDefault(converted, wanted, type) };
}

function indexOf(name: string, sourceColumns: readonly Column[]): number {
  const index = sourceColumns.findIndex((column) => column.name === name);
  if (index === -1) {
    throw new AppError(
      "shape-invalid",
      `Cannot take column "${name}": the source has only ${quotedList(sourceColumns.map((column) => column.name))}`,
    );
  }
  return index;
}

function copied(index: number): CellOf {
  return (row) => row[index] as Cell;
}

function convertedCell(
  wanted: ColumnOfSource,
  index: number,
  { source, type }: { source: Column; type: ColumnType },
): CellOf {
  const convert = conversion(source.type, type);
  if (convert === null) {
    throw new AppError(
      "shape-invalid",
      `Cannot convert column "${source.name}" from ${source.type} to ${type}: there is no such conversion`,
    );
  }
  return (row) => {
    const cell = row[index] as Cell;
    return cell === null ? null : converted(wanted.name, cell, { convert, type });
  };
}

function converted(
  name: string,
  text: string,
  { convert, type }: { convert: Conversion; type: ColumnType },
): string {
  const value = convert(text);
  if (value === null) {
    throw new AppError(
      "conversion-failed",
      `Cannot convert column "${name}": value ${shownText(text)} is not a valid ${type}`,
    );
  }
  return value;
}

function withDefault(cell: CellOf, { name, whenNull }: ColumnOfSource, type: ColumnType): CellOf {
  if (whenNull === undefined) {
    return cell;
  }
  const value = constantCell(name, whenNull, type);
  return (row) => cell(row) ?? value;
}

/** A number is a decimal or integer with all the digits that JSON's reader kept. */
function typeOf(constant: string | number | boolean | null): ColumnType {
  switch (typeof constant) {
    case "number":
      return Number.isInteger(constant) ? "integer" : "decimal";
    case "boolean":
      return "boolean";
    default:
      return "string";
  }
}

function constantCell(name: string, constant: string | number | boolean, type: ColumnType): string {
  const value = conversion("string", type)?.(String(constant)) ?? null;
  if (value === null) {
    throw new AppError(
      "shape-invalid",
      `Cannot write column "${name}": the constant ${shownText(String(constant))} is not a valid ${type}`,
    );
  }
  return value;
}

function requireDistinctNames(columns: readonly Column[]): void {
  const names = columns.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined || names.includes("")) {
    throw new AppError(
      "shape-invalid",
      twice === undefined
        ? "Cannot write the file: the source has a column without a name; choose columns by name"
        : `Cannot write the file: it has column "${twice}" twice; choose columns by name`,
    );
  }
}
