import { expect, test } from "vitest";
import type { ExportDefinition } from "../../../src/domain/definitions/definitions.ts";
import {
  orderedEntities,
  packageDefinition,
} from "../../../src/domain/exports/package-definition.ts";
import { DEFINITION_SCHEMAS } from "../../../src/systems/index.ts";

const APPLICATION_ID = "0b1c6f6a-58a7-4b8c-8a55-2d1a3f0f7e11";

function entity(name: string): object {
  return { name, source: { kind: "postgres", connection: "db", table: "public.t" } };
}

function exportOf(more: object): ExportDefinition {
  return DEFINITION_SCHEMAS.kinds.exports.parse({
    fileType: "Test.Things",
    entities: [entity("Things")],
    format: { kind: "jsonl" },
    packageApi: { applications: [APPLICATION_ID], definitionGroup: "All things" },
    ...more,
  });
}

test.each(["json", "jsonl", "xml-lines"])("a package of %s has csv files", (kind) => {
  const { format, compression } = packageDefinition(exportOf({ format: { kind } }), {
    ...{ exportId: "things", entities: [] },
  });

  expect(format).toMatchObject({
    ...{ kind: "package", definitionGroup: "All things", file: { kind: "csv", delimiter: "," } },
  });
  expect(compression).toBeUndefined();
});

test.each([
  [{ kind: "csv", delimiter: ";" }, { delimiter: ";" }],
  [{ kind: "xml", rootElement: "Things" }, { rootElement: "Things" }],
])("a package of %j has files with these options", (format, options) => {
  const made = packageDefinition(exportOf({ format }), { exportId: "things", entities: [] });

  expect(made.format.file).toMatchObject({ kind: format.kind, ...options });
});

test("an export of packages is made as it is, and also without a row", () => {
  const format = { kind: "package", definitionGroup: "Mine", file: { kind: "xml" } };
  const definition = exportOf({ format, packageApi: undefined });

  const made = packageDefinition(definition, { exportId: "things", entities: [] });

  expect(made.format).toEqual(definition.format);
  expect(made.preventUploadWhenZeroRecords).toBe(false);
});

test("a package without a name of its own project has the export's id", () => {
  const definition = exportOf({ packageApi: { applications: [APPLICATION_ID] } });

  const made = packageDefinition(definition, { exportId: "things", entities: [] });

  expect(made.format.definitionGroup).toBe("things");
});

test("entities are chosen by name in any case, in the export's order", () => {
  const format = { kind: "package", definitionGroup: "Mine", file: { kind: "csv" } };
  const definition = exportOf({ format, entities: ["A", "B", "C"].map(entity) });
  const namesOf = (names: readonly string[]) =>
    orderedEntities(definition, names).map(({ name }) => name);

  expect(namesOf(["c", "A"])).toEqual(["A", "C"]);
  expect(namesOf([])).toEqual(["A", "B", "C"]);
  expect(() => namesOf(["a", "d"])).toThrow("Entity d does not exist in the target environment");
});
