import { AppError } from "../../src/domain/errors.ts";
import type { RowFailure, Target, WriteRequest } from "../../src/domain/target.ts";
import type { Row } from "../../src/formats/rows.ts";

/** A table in memory to which rows are only ever added, so that each row that is written twice shows. */
export interface FakeTargets {
  open(): Target;
  /** `<entity>: <cells by commas>`, in the order in which they were kept. */
  readonly rows: readonly string[];
  /** From now on the target cannot be reached. */
  goAway(): void;
  comeBack(): void;
}

interface Kept {
  lastRow: number;
  readonly refused: Map<number, RowFailure>;
}

/** Refuses rows with `refused` in a cell; keeps its progress with its rows, as a real target must. */
export function fakeTargets(): FakeTargets {
  const rows: string[] = [];
  const progress = new Map<string, Kept>();
  const state = { isAway: false };

  const open = async (request: WriteRequest) => {
    requireReachable(state);
    const key = `${request.runId} ${request.entity}`;
    const holdsBack = request.atomic || request.validateOnly;
    const kept = progress.get(key) ?? { lastRow: 0, refused: new Map() };
    const own = { lastRow: kept.lastRow, refused: new Map(kept.refused), rows: [] as string[] };
    const keep = () => {
      rows.push(...own.rows);
      own.rows.length = 0;
      progress.set(key, { lastRow: own.lastRow, refused: new Map(own.refused) });
    };
    const take = (row: number, cells: Row): RowFailure | null => {
      const isNew = row > own.lastRow;
      own.lastRow = Math.max(own.lastRow, row);
      const failure = own.refused.get(row) ?? (cells.includes("refused") ? refusal(row) : null);
      if (failure !== null) {
        own.refused.set(row, failure);
      } else if (isNew) {
        own.rows.push(`${request.entity}: ${cells.join(",")}`);
      }
      return failure;
    };
    return {
      write: async (batch: readonly Row[], firstRow: number) => {
        requireReachable(state);
        const failures = batch.flatMap((cells, index) => take(firstRow + index, cells) ?? []);
        if (!holdsBack) {
          const hasMovedOn = own.lastRow > kept.lastRow;
          keep();
          if (hasMovedOn) {
            request.onProgress?.();
          }
        }
        return failures;
      },
      commit: async () => {
        if (!request.validateOnly) {
          keep();
        }
      },
      close: async () => undefined,
    };
  };

  return {
    rows,
    open: () => ({ open }),
    goAway: () => {
      state.isAway = true;
    },
    comeBack: () => {
      state.isAway = false;
    },
  };
}

function refusal(row: number): RowFailure {
  return { row, field: "name", value: "refused", reason: "is not wanted here" };
}

function requireReachable({ isAway }: { isAway: boolean }): void {
  if (isAway) {
    throw new AppError("target-unavailable", "Cannot reach the target: it is away");
  }
}
