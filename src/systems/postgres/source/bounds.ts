import type { NumberBounds } from "../../../formats/rows.ts";

/**
 * Bounds of a column's numbers.
 *
 * | PostgreSQL        | bounds                                                              |
 * |-------------------|---------------------------------------------------------------------|
 * | smallint, integer | 32 bits                                                             |
 * | bigint, oid, xid  | 64 bits                                                             |
 * | numeric(p, s)     | as declared; a scale below 0 or above the precision widens the precision |
 * | others: numeric without precision, results of a calculation, xid8 (64 bits, unsigned) | none |
 *
 * @param modifier -1: the type has no modifier
 * @see https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/numeric.c make_numeric_typmod
 */
export function numberBounds(typeId: number, modifier: number): NumberBounds | undefined {
  switch (typeId) {
    case 21:
    case 23:
      return { bits: 32 };
    case 20:
    case 26:
    case 28:
      return { bits: 64 };
    case 1700:
      return modifier < HEADER_BYTES ? undefined : declared(modifier - HEADER_BYTES);
    default:
      return;
  }
}

const HEADER_BYTES = 4;

/** @param packed precision in the upper 16 bits; scale in the lower 11, with its sign */
function declared(packed: number): NumberBounds {
  const precision = packed >>> 16;
  const scale = ((packed & 0x7ff) ^ 0x400) - 0x400;
  return scale < 0
    ? { precision: precision - scale, scale: 0 }
    : { precision: Math.max(precision, scale), scale };
}
