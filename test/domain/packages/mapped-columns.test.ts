import { expect, test } from "vitest";
import { ImportColumn } from "../../../src/domain/imports/import-column.ts";
import { mappedColumns } from "../../../src/domain/packages/mapped-columns.ts";

/** The names of the fields that a column takes from a file, given what the manifest maps (`file: entity`). */
function fieldOf(column: object, maps: Readonly<Record<string, string>>): string | undefined {
  return mappedColumns([ImportColumn.parse(column)], entity(maps))[0]?.from;
}

function entity(maps: Readonly<Record<string, string>>) {
  const fieldMaps = Object.entries(maps).map(([fileField, entityField]) => ({
    fileField,
    entityField,
  }));
  return { name: "Items", fieldMaps };
}

test.each<[what: string, column: object, expected: [Record<string, string>, string | undefined]]>([
  ["no maps at all", { name: "id" }, [{}, undefined]],
  ["a map of its name", { name: "id" }, [{ Nummer: "ID" }, "Nummer"]],
  ["a map of its name onto itself", { name: "id" }, [{ id: "ID" }, undefined]],
  [
    "a field of the file that the manifest gives to another",
    { name: "id" },
    [{ id: "OTHER", Nummer: "ID" }, "Nummer"],
  ],
  ["a `from` that the file has", { name: "id", from: "No" }, [{ No: "X", Nummer: "NO" }, "No"]],
  ["a `from` that only the entity has", { name: "id", from: "no" }, [{ Nummer: "NO" }, "Nummer"]],
  ["a `from` that nobody knows", { name: "id", from: "no" }, [{ Nummer: "ID" }, "no"]],
  ["a fact", { name: "id", fact: "company" }, [{ Nummer: "ID" }, undefined]],
  ["a constant", { name: "id", constant: "x" }, [{ Nummer: "ID" }, undefined]],
])("a column with %s takes its field", (_, column, [maps, from]) => {
  expect(fieldOf(column, maps)).toBe(from);
});

test("several fields of the file for one column are refused, unless the column says which", () => {
  const fieldMaps = [
    { fileField: "Dim1", entityField: "DIMENSION" },
    { fileField: "Dim2", entityField: "DIMENSION" },
  ];
  const map = (column: object) =>
    mappedColumns([ImportColumn.parse(column)], { name: "Items", fieldMaps });

  expect(() => map({ name: "dimension" })).toThrow(
    'fills the field "DIMENSION" of entity "Items" from several columns',
  );
  expect(map({ name: "dimension", from: "Dim2" })[0]?.from).toBe("Dim2");
  expect(map({ name: "other" })[0]?.from).toBeUndefined();
});
