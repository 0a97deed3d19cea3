import { shortened } from "../../formats/shortened.ts";
import type { ImportColumn } from "../imports/import-column.ts";
import { packageProblem } from "./package-problem.ts";
import type { ReadEntity } from "./read-package.ts";

/**
 * Finds the file's field for each column, by a manifest that maps fields of the file to fields of the entity. The case
 * of the entity's fields does not matter: Dynamics writes them upper-case.
 *
 * | the column                    | takes                                                                     |
 * |-------------------------------|---------------------------------------------------------------------------|
 * | has a `from` of its own       | that field of the file; if the manifest does not know the field, the one that fills the entity's field of that name |
 * | has none                      | the field that fills the entity's field of the column's name; if none does, the file's field of that name |
 * | is a fact or a constant       | no field of the file                                                      |
 *
 * @throws AppError `file-unreadable` when several fields of the file fill a column's field
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
