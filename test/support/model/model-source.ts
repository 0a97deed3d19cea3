import { AppError } from "../../../src/domain/errors.ts";
import type { Source } from "../../../src/domain/source.ts";
import type { Cell, Column, Row } from "../../../src/formats/rows.ts";
import type { Call } from "../memory-table.ts";

const COLUMNS: readonly Column[] = [
  { name: "id", type: "string" },
  { name: "value", type: "integer" },
];

/** A table to which rows are added, each once. The result of a read follows from its cursor alone. */
export interface ModelTable {
  /** When each row came, in order; its number is its place, from 1. */
  readonly rows: number[];
  /** Reads are refused, as by a database that is being restored. */
  refuses: boolean;
}

/** The rows after the cursor, two a batch, so that there is something between batches. */
export function modelSource(table: ModelTable, call: Call): Source {
  return {
    read: async ({ cursor, mode, signal }) => {
      const after = cursor === null || mode === "full" ? 0 : Number(cursor);
      const through = await call("source.read", () => {
        if (table.refuses) {
          throw new AppError("source-unavailable", "Cannot read the table: it is being restored");
        }
        return table.rows.length;
      });
      async function* batches(): AsyncGenerator<readonly Row[]> {
        for (let from = after; from < through; from += 2) {
          signal.throwIfAborted();
          await call("source.batch", () => undefined);
          const to = Math.min(from + 2, through);
          yield Array.from({ length: to - from }, (_, index): Cell[] => [
            `r${from + index + 1}`,
            "1",
          ]);
        }
      }
      return {
        columns: COLUMNS,
        mode: after === 0 ? "full" : "incremental",
        fullBecause: null,
        batches: batches(),
        nextCursor: () => String(through),
        window: () => ({ from: after === 0 ? null : String(after), to: String(through) }),
      };
    },
  };
}
