import { shortened } from "../../formats/shortened.ts";
import type { ImportColumn } from "../imports/import-column.ts";
import { packageProblem } from "./package-problem.ts";
import type { ReadEntity } from "./read-package.ts";

/**
 * Finds the field of the file for each column, where a manifest says which field of the file fills which field of the
 * entity. Fields of the entity are compared without regard to case: Dynamics writes them upper-case.
 *
 * | the column                    | takes                                                                     |
 * |-------------------------------|---------------------------------------------------------------------------|
 * | has a `from` of its own       | that field of the file; if the manifest knows no such field of the file, the one that fills the entity's field of that name |
 * | has none                      | what fills the entity's field of the column's name; if nothing does, the file's field of that name |
 * | is a fact or a constant       | nothing of the file                                                       |
 *
 * @throws AppError `file-unreadable` when several fields of the file fill the one that a column takes
 */
export function mappedColumns(
  columns: readonly ImportColumn[],
  entity: Pick<ReadEntity, "name" | "fieldMaps">,
): ImportColumn[] {
  const fileFields = new Set(entity.fieldMaps.map(({ fileField }) => fileField));
  const byEntityField = Map.groupBy(entity.fieldMaps, ({ entityField }) =>
    entityField.toLowerCase(),
  );
  return columns.map((column): ImportColumn => {
    const { name, from, fact, constant } = column;
    const wanted = from ?? name;
    const maps = byEntityField.get(wanted.toLowerCase()) ?? [];
    const isElsewhere = fact !== undefined || constant !== undefined;
    if (isElsewhere || maps[0] === undefined || (from !== undefined && fileFields.has(from))) {
      return column;
    }
    const { fileField, entityField } = maps[0];
    if (maps.some((map) => map.fileField !== fileField)) {
      throw packageProblem(
        `its manifest fills the field ${shown(entityField)} of entity "${entity.name}" from several columns; the import must say which, as "from"`,
      );
    }
    return fileField === wanted ? column : { ...column, from: fileField };
  });
}

const MAX_SHOWN_LENGTH = 200;

function shown(name: string): string {
  return JSON.stringify(shortened(name, MAX_SHOWN_LENGTH));
}
