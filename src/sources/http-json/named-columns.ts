import type { HttpJsonDefinition } from "../../contracts/http-json-source.ts";
import { AppError } from "../../domain/errors.ts";
import { quotedList } from "../../domain/values/quoted-list.ts";
import { isNamedAt } from "../../drivers/http/value-at.ts";

/** Watches whether the rows of a read name the columns that are taken from them. */
export interface NamedColumns {
  see(row: unknown): void;
  /**
   * @throws AppError `source-invalid` when there were rows, and none of them named a column that is not `optional`: it
   * may be called otherwise by now, and must not become a column of nulls
   */
  requireAll(): void;
}

export function namedColumns({ columns, path }: HttpJsonDefinition): NamedColumns {
  const unseen = new Map(
    columns
      .filter(({ optional }) => optional !== true)
      .map(({ name, at }) => [name, at ?? name] as const),
  );
  let last: unknown = null;
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
      if (last === null || unseen.size === 0) {
        return;
      }
      throw new AppError(
        "source-invalid",
        `Cannot read "${path}": no row has a value or a null for ${quotedList([...unseen.keys()])}; a row has ${quotedList(Object.keys(last as object)) || "nothing"}; correct the columns, or say "optional": true where the API leaves out nulls`,
      );
    },
  };
}
