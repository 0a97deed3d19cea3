import type { Cell, Column, Row } from "../../src/contracts/rows.ts";
import type { Source } from "../../src/domain/source.ts";

const COLUMNS: readonly Column[] = [
  { name: "id", type: "string" },
  { name: "value", type: "integer" },
];

/** A table in memory whose changes are numbered; a read returns what changed after its cursor. */
export interface FakeTable {
  set(id: string, value: number): void;
  source(): Source;
}

export function fakeTable(): FakeTable {
  const rows = new Map<string, { value: number; change: number }>();
  let changes = 0;
  return {
    set: (id, value) => {
      changes++;
      rows.set(id, { value, change: changes });
    },
    source: () => ({
      read: async ({ cursor, mode }) => {
        const after = cursor === null || mode === "full" ? 0 : Number(cursor);
        const through = changes;
        const found: Row[] = [...rows]
          .filter(([, row]) => row.change > after)
          .map(([id, row]): Cell[] => [id, String(row.value)]);
        return {
          columns: COLUMNS,
          mode: after === 0 ? "full" : "incremental",
          fullBecause: null,
          batches: batchesOf(found),
          nextCursor: () => String(through),
          window: () => ({ from: after === 0 ? null : String(after), to: String(through) }),
        };
      },
    }),
  };
}

/** Two rows a batch, so that there is something between batches. */
async function* batchesOf(rows: readonly Row[]): AsyncGenerator<readonly Row[]> {
  for (let from = 0; from < rows.length; from += 2) {
    yield rows.slice(from, from + 2);
  }
}
