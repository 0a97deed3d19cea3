import fc from "fast-check";
import { expect, test } from "vitest";
import type { RowFailure, Target } from "../../../src/domain/target.ts";
import type { Cell, GivenCell } from "../../../src/formats/rows.ts";
import { COLUMNS, type ColumnName, givenFile } from "../../support/given-file.ts";
import {
  BEFORE,
  DEFAULT,
  expectLossless,
  importGivenFile,
  type Table,
} from "../../support/lossless-import.ts";

test("whatever a file mentions, in any format and mode, nothing else changes in the target", async () => {
  await fc.assert(
    fc.asyncProperty(givenFile, async (file) => {
      const { target, table } = tableInMemory(file.mode);

      const result = await importGivenFile(file, target, POSTGRES);

      expectLossless(file, result, table);
      expect(result.matchedLoosely.map(({ wanted }) => wanted).sort()).toEqual(
        result.outcome === "kept" && file.rows.length > 0
          ? COLUMNS.filter(
              (name) =>
                file.spellings[name] === name.toUpperCase() &&
                file.rows.some(({ cells }) => cells[name] !== undefined),
            )
          : expect.anything(),
      );
    }),
    { numRuns: 500 },
  );
});

const POSTGRES = { kind: "postgres", connection: "shop", table: "public.items" };

/** A target that takes {@link GivenRow} at its word. */
function tableInMemory(mode: "upsert" | "insert"): { target: Target; table: Table } {
  const table = structuredClone(BEFORE) as Record<string, Record<ColumnName, Cell>>;
  const take = (no: string, cells: readonly GivenCell[], row: number): RowFailure[] => {
    if (table[no] !== undefined && mode === "insert") {
      return [{ row, field: "no", value: no, reason: "is there already" }];
    }
    table[no] ??= { a: DEFAULT, b: DEFAULT, c: DEFAULT };
    for (const [index, name] of COLUMNS.entries()) {
      const cell = cells[index];
      if (cell !== undefined) {
        (table[no] as Record<ColumnName, Cell>)[name] = cell;
      }
    }
    return [];
  };
  const target: Target = {
    open: async () => ({
      write: async (batch, firstRow) =>
        batch.flatMap(([no, ...cells], index) => take(String(no), cells, firstRow + index)),
      commit: async () => undefined,
      close: async () => undefined,
    }),
  };
  return { target, table };
}
