import type { SchemaElement } from "hyparquet-writer";
import { NotRepresentableError } from "../not-representable.ts";
import type { Column } from "../rows.ts";
import { dateOf, timeOf, timestampOf } from "./calendar.ts";
import { unscaled } from "./unscaled.ts";

/** A value as the library takes it. */
export type ParquetValue = boolean | number | bigint | string | Uint8Array;

/** How a column is written. */
export interface ColumnKind {
  readonly schema: Omit<SchemaElement, "name" | "repetition_type">;
  /** @throws NotRepresentableError */
  value(text: string): ParquetValue;
}

/** Most digits of a decimal; readers hold it in 128 bits. */
const MAX_PRECISION = 38;

const MICROS = { unit: "MICROS" } as const;

/** Finds how a column is written; {@link parquetWriter} has the table. */
export function columnKind(column: Column): ColumnKind {
  switch (column.type) {
    case "boolean":
      return { schema: { type: "BOOLEAN" }, value: (text) => booleanOf(text, column) };
    case "integer":
      return integerKind(column);
    case "decimal":
      return decimalKind(column);
    case "double":
      return { schema: { type: "DOUBLE" }, value: Number };
    case "date":
      return {
        schema: { type: "INT32", converted_type: "DATE", logical_type: { type: "DATE" } },
        value: (text) =>
          dateOf(text) ?? refuse(text, column, "is not a valid date in canonical form"),
      };
    case "time":
      return timeKind(column, { type: "TIME", isAdjustedToUTC: false, ...MICROS }, timeOf);
    case "datetime":
      return timeKind(column, { type: "TIMESTAMP", isAdjustedToUTC: true, ...MICROS }, timestampOf);
    case "local-datetime":
      return timeKind(
        column,
        { type: "TIMESTAMP", isAdjustedToUTC: false, ...MICROS },
        timestampOf,
      );
    case "binary":
      return { schema: { type: "BYTE_ARRAY" }, value: (text) => Buffer.from(text, "base64") };
    default:
      return TEXT;
  }
}

const TEXT: ColumnKind = {
  schema: { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
  value: (text) => text,
};

function booleanOf(text: string, column: Column): boolean {
  return (
    text === "true" ||
    (text !== "false" && refuse(text, column, "is not a valid boolean in canonical form"))
  );
}

const MAX_INT64 = 2n ** 63n - 1n;

function integerKind(column: Column): ColumnKind {
  const bits = column.bounds !== undefined && "bits" in column.bounds ? column.bounds.bits : 64;
  const tooLong = `does not fit into ${bits} bits: give the column the type "string"`;
  if (bits === 32) {
    return {
      schema: { type: "INT32" },
      value: (text) => {
        const value = Number(text);
        return value === (value | 0) ? value : refuse(text, column, tooLong);
      },
    };
  }
  return {
    schema: { type: "INT64" },
    value: (text) => {
      const value = BigInt(text);
      return value <= MAX_INT64 && value >= -MAX_INT64 - 1n ? value : refuse(text, column, tooLong);
    },
  };
}

function decimalKind(column: Column): ColumnKind {
  const { bounds } = column;
  if (bounds === undefined || !("precision" in bounds) || bounds.precision > MAX_PRECISION) {
    return TEXT;
  }
  const { precision, scale } = bounds;
  const tooLong = `does not fit into a decimal of ${precision} digits, ${scale} after the point`;
  return {
    schema: {
      ...decimalStorage(precision),
      converted_type: "DECIMAL",
      logical_type: { type: "DECIMAL", precision, scale },
      precision,
      scale,
    },
    value: (text) => unscaled(text, bounds) ?? refuse(text, column, tooLong),
  };
}

/** @see https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#decimal */
function decimalStorage(precision: number): Pick<SchemaElement, "type" | "type_length"> {
  if (precision <= 9) {
    return { type: "INT32" };
  }
  return precision <= 18 ? { type: "INT64" } : { type: "FIXED_LEN_BYTE_ARRAY", type_length: 16 };
}

function timeKind(
  column: Column,
  logical_type: NonNullable<SchemaElement["logical_type"]>,
  microsOf: (text: string) => bigint | null,
): ColumnKind {
  const hint = 'is not a time in whole microseconds: give the column the type "string"';
  return {
    schema: { type: "INT64", logical_type },
    value: (text) => microsOf(text) ?? refuse(text, column, hint),
  };
}

function refuse(text: string, { name }: Column, because: string): never {
  throw new NotRepresentableError(name, text, because);
}
