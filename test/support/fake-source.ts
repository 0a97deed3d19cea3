import type { Source } from "../../src/domain/source.ts";
import type { Cell, Column, Row } from "../../src/formats/rows.ts";

const COLUMNS: readonly Column[] = [
  { name: "id", type: "string" },
  { name: "value", type: "integer" },
];

/** A table in memory whose changes are numbered; a read returns what changed after its cursor, and can go on. */
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
      read: async ({ cursor, mode, place }) => {
        const after = cursor === null || mode === "full" ? 0 : Number(cursor);
        const from: Place = place ? JSON.parse(place) : { through: changes, taken: 0 };
        const state = { ...from };
        // a row keeps its position for good, as in a table that is not rewritten
        const found = [...rows]
          .map(([id, row], position) => ({ id, ...row, position }))
          .filter(({ change, position }) => change > after && position >= from.taken);
        return {
          columns: COLUMNS,
          mode: after === 0 ? "full" : "incremental",
          fullBecause: null,
          batches: batchesOf(found, state),
          place: () => JSON.stringify(state),
          nextCursor: () => String(from.through),
          window: () => ({ from: after === 0 ? null : String(after), to: String(from.through) }),
        };
      },
    }),
  };
}

/** The changes that the first read saw, and how many positions were passed. */
interface Place {
  through: number;
  taken: number;
}

/** Two rows a batch, so that there is something between batches. */
async function* batchesOf(
  rows: readonly { id: string; value: number; position: number }[],
  state: Place,
): AsyncGenerator<readonly Row[]> {
  for (let from = 0; from < rows.length; from += 2) {
    const batch = rows.slice(from, from + 2);
    state.taken = (batch.at(-1)?.position ?? 0) + 1;
    yield batch.map(({ id, value }): Cell[] => [id, String(value)]);
  }
}
