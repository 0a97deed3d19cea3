import type { ExportDefinition } from "../definitions/definitions.ts";
import { AppError } from "../errors.ts";
import { PackageOptions } from "../packages/package-options.ts";
import type { PackageOrder } from "./run.ts";

type PackageDefinition = ExportDefinition & { readonly format: PackageOptions };

/**
 * Makes the definition of an ordered package. It is always a data package, even without rows, because clients wait for
 * one.
 *
 * | format of the export | files in the package                                             |
 * |----------------------|------------------------------------------------------------------|
 * | package              | as they are                                                      |
 * | csv, xml             | in that format, with its options                                 |
 * | any other            | csv: a manifest describes files with one line or element per row |
 *
 * @throws AppError `definition-not-found` when an ordered entity does not exist any more
 */
export function packageDefinition(
  definition: ExportDefinition,
  { exportId, entities }: Pick<PackageOrder, "entities"> & { exportId: string },
): PackageDefinition {
  const { compression: _, ...rest } = definition;
  return {
    ...rest,
    entities: orderedEntities(definition, entities),
    format: packageFormat(definition, exportId),
    preventUploadWhenZeroRecords: false,
  };
}

/**
 * The export's entities of these names, in the export's order; all if no name is given.
 *
 * @throws AppError `definition-not-found`; scripts recognise the sentence
 */
export function orderedEntities(
  { entities }: ExportDefinition,
  names: readonly string[],
): ExportDefinition["entities"] {
  const wanted = names.map((name) => name.toLowerCase());
  const known = new Set(entities.map(({ name }) => name.toLowerCase()));
  const missing = names.find((name) => !known.has(name.toLowerCase()));
  if (missing !== undefined) {
    throw new AppError(
      "definition-not-found",
      `Entity ${missing} does not exist in the target environment`,
    );
  }
  return wanted.length === 0
    ? entities
    : entities.filter(({ name }) => wanted.includes(name.toLowerCase()));
}

function packageFormat(definition: ExportDefinition, exportId: string): PackageOptions {
  const { format, packageApi } = definition;
  if (format.kind === "package") {
    return format;
  }
  const file = format.kind === "csv" || format.kind === "xml" ? format : { kind: "csv" };
  const definitionGroup = packageApi?.definitionGroup ?? exportId;
  return PackageOptions.parse({ kind: "package", definitionGroup, file });
}
