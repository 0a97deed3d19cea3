import type { ImportColumn } from "../../contracts/import-column.ts";
import { AppError } from "../errors.ts";
import { quotedList } from "../values/quoted-list.ts";
import { packageProblem } from "./package-problem.ts";
import type { PackagedEntity } from "./read-package.ts";

/** An entity's columns in the light of a manifest. */
export interface MappedColumns {
  readonly columns: readonly ImportColumn[];
  /** Fields under names that only the manifest gives; see {@link columnsInFile}. */
  readonly renamed: readonly string[];
}

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
  entity: Pick<PackagedEntity, "name" | "fieldMaps">,
): MappedColumns {
  const fileFields = new Set(entity.fieldMaps.map(({ fileField }) => fileField));
  const byEntityField = Map.groupBy(entity.fieldMaps, ({ entityField }) =>
    entityField.toLowerCase(),
  );
  const renamed: string[] = [];
  const mapped = columns.map((column): ImportColumn => {
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
    if (fileField === wanted) {
      return column;
    }
    renamed.push(fileField);
    return { ...column, from: fileField };
  });
  return { columns: mapped, renamed };
}

/**
 * The columns under the names that the file itself has: manifests are not always of one mind with their files about
 * the case of letters.
 *
 * @param fields of the file
 * @throws AppError `columns-missing` when the file lacks a field that the manifest says fills a column
 */
export function columnsInFile(
  { columns, renamed }: MappedColumns,
  fields: readonly string[],
): readonly ImportColumn[] {
  const missing = new Map<string, string>();
  for (const name of renamed.filter((field) => !fields.includes(field))) {
    const alike = fields.find((field) => field.toLowerCase() === name.toLowerCase());
    if (alike === undefined) {
      throw new AppError(
        "columns-missing",
        `Cannot import the file: the manifest says that it has the column ${shown(name)}; it has ${quotedList(fields) || "none"}`,
      );
    }
    missing.set(name, alike);
  }
  return columns.map((column) => {
    const alike = column.from === undefined ? undefined : missing.get(column.from);
    return alike === undefined ? column : { ...column, from: alike };
  });
}

const MAX_SHOWN_LENGTH = 200;

function shown(name: string): string {
  return JSON.stringify(name.slice(0, MAX_SHOWN_LENGTH));
}
