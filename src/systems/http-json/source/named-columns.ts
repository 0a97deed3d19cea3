import { AppError } from "../../../domain/errors.ts";
import { quotedList } from "../../../domain/values/quoted-list.ts";
import { isNamedAt } from "../value-at.ts";
import type { HttpJsonDefinition } from "./definition.ts";

/** Checks that the rows of a read have the columns of the definition. */
export interface NamedColumns {
  see(row: unknown): void;
  /**
   * @throws AppError `source-invalid` when there were rows, but none had a column that is not `optional`. The column
   *   may have been renamed, and must not become a column of nulls.
   */
  requireAll(): void;
  /** State for another read that continues with the same rows. */
  state(): NamedState;
}

export interface NamedState {
  /** Columns that no row has had so far. */
  readonly unseen: readonly string[];
  /** Names of a row's members, for an error; null before the first row. */
  readonly names: readonly string[] | null;
}

/** @param from state of the read to continue; null: this read is the first */
export function namedColumns(
  { columns, path }: HttpJsonDefinition,
  from: NamedState | null,
): NamedColumns {
  const unseen = new Map(
    columns
      .filter(({ name, optional }) => optional !== true && from?.unseen.includes(name) !== false)
      .map(({ name, at }) => [name, at ?? name] as const),
  );
  let last: unknown = null;
  const names = () => (last === null ? (from?.names ?? null) : Object.keys(last as object));
  return {
    see: (row) => {
      last = row;
      for (const [name, at] of unseen) {
        if (isNamedAt(row, at)) {
          unseen.delete(name);
        }
      }
    },
    requireAll: () => {
      const named = names();
      if (named === null || unseen.size === 0) {
        return;
      }
      throw new AppError(
        "source-invalid",
        `Cannot read "${path}": no row has a value or a null for ${quotedList([...unseen.keys()])}; a row has ${quotedList(named) || "nothing"}; correct the columns, or say "optional": true where the API leaves out nulls`,
      );
    },
    state: () => ({ unseen: [...unseen.keys()], names: names()?.slice(0, MAX_NAMES) ?? null }),
  };
}

const MAX_NAMES = 50;
