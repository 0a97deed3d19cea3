import { shortened } from "../../formats/shortened.ts";
import { decodeText } from "../../formats/text/text-encoding.ts";
import { XmlProblem, xmlParser } from "../../formats/xml/xml-parser.ts";
import { MANIFEST_FILE } from "./package-file-names.ts";
import { fileProblem, packageProblem } from "./package-problem.ts";

/** The manifest's description of one entity. */
export interface DescribedEntity {
  /** The entity's label, e.g. `Customer groups`. */
  readonly name: string;
  readonly fileName: string;
  /** Name of the source data format, e.g. `CSV-Unicode`. */
  readonly sourceFormat: string;
  readonly executionUnit: number;
  readonly level: number;
  readonly sequence: number;
  /** Whether errors in its rows end its level or its execution unit. */
  readonly failsOnErrors: boolean;
  readonly isDisabled: boolean;
  readonly fieldMaps: readonly FieldMap[];
}

/** A column or element of the file, and the field of the entity that it fills. */
export interface FieldMap {
  readonly fileField: string;
  /** Usually upper-case. */
  readonly entityField: string;
}

export interface Manifest {
  readonly definitionGroup: string;
  readonly description: string;
  /** In the manifest's order. */
  readonly entities: readonly DescribedEntity[];
}

const ROOT = "DataManagementPackageManifest";
const ENTITY_PATH = `${ROOT}/PackageEntityList/DataManagementPackageEntityData`;
const MAP_PATH = `${ENTITY_PATH}/EntityMapList/EntityMap`;
const MAX_ENTITIES = 1_000;
/** Limit over all entities: an import has at most 50 entities with at most 1,000 columns each. */
const MAX_MAPS = 50_000;
const MAX_MAPS_OF_ENTITY = 2_000;
const MAX_FIELD_LENGTH = 1_000;
const MAX_TEXT_LENGTH = 1_048_576;

/** Fields by name, as texts. */
type Fields = Map<string, string>;

interface GatheredEntity {
  readonly fields: Fields;
  readonly maps: Fields[];
}

/**
 * Reads a `Manifest.xml`, UTF-16 or UTF-8, with or without byte order mark and declaration. It keeps a few fields of
 * each entity and ignores the rest. Elements may come in any order and with any prefix.
 *
 * @throws AppError `file-unreadable`; any error of `bytes`
 */
export async function readManifest(bytes: AsyncIterable<Uint8Array>): Promise<Manifest> {
  const gathered: Gathered = { manifest: new Map(), entities: [], maps: 0 };
  const parser = xmlParser({
    handlers: fieldHandlers(gathered),
    maxLength: MAX_TEXT_LENGTH,
    checkEncoding: true,
  });
  try {
    for await (const text of decodeText(bytes, "auto")) {
      parser.write(text);
    }
    parser.close();
  } catch (error) {
    throw error instanceof XmlProblem
      ? packageProblem(`its ${MANIFEST_FILE} ${error.message}`, error)
      : fileProblem(MANIFEST_FILE, error);
  }
  return {
    definitionGroup: gathered.manifest.get("DefinitionGroupName") ?? "",
    description: gathered.manifest.get("Description") ?? "",
    entities: gathered.entities.map(describedEntity),
  };
}

interface Gathered {
  readonly manifest: Fields;
  readonly entities: GatheredEntity[];
  /** Number of field maps of all entities. */
  maps: number;
}

/** Gathers the texts of elements directly inside the root, an entity, or the map of a field. */
function fieldHandlers(gathered: Gathered): Parameters<typeof xmlParser>[0]["handlers"] {
  const path: string[] = [];
  let field: { readonly fields: Fields; readonly name: string; text: string } | null = null;

  return {
    open: ({ local }) => {
      const fields = fieldsAt(gathered, path.join("/"));
      field = fields === null ? null : { fields, name: local, text: "" };
      path.push(local);
      if (path[0] !== ROOT) {
        throw packageProblem(
          `its ${MANIFEST_FILE} is a "${shortened(local, 200)}", not a "${ROOT}"`,
        );
      }
      beginAt(gathered, path);
    },
    text: (text) => {
      if (field !== null && field.text.length <= MAX_FIELD_LENGTH) {
        field.text += text.slice(0, MAX_FIELD_LENGTH + 1);
      }
    },
    close: () => {
      path.pop();
      if (field !== null) {
        put(field.fields, field.name, field.text.trim());
        field = null;
      }
    },
  };
}

/** Collects the texts of elements directly inside this place. */
function fieldsAt({ manifest, entities }: Gathered, place: string): Fields | null {
  switch (place) {
    case ROOT:
      return manifest;
    case ENTITY_PATH:
      return entities.at(-1)?.fields ?? null;
    case MAP_PATH:
      return entities.at(-1)?.maps.at(-1) ?? null;
    default:
      return null;
  }
}

const MAP_DEPTH = MAP_PATH.split("/").length;
const ENTITY_DEPTH = ENTITY_PATH.split("/").length;

function beginAt(gathered: Gathered, path: readonly string[]): void {
  const { entities } = gathered;
  if (path.length === ENTITY_DEPTH && path.join("/") === ENTITY_PATH) {
    entities.push({ fields: new Map(), maps: [] });
    requireAtMost(MAX_ENTITIES, entities.length, "entities");
  }
  if (path.length === MAP_DEPTH && path.join("/") === MAP_PATH) {
    const maps = entities.at(-1)?.maps ?? [];
    maps.push(new Map());
    gathered.maps += 1;
    requireAtMost(MAX_MAPS_OF_ENTITY, maps.length, "maps of fields in one entity");
    requireAtMost(MAX_MAPS, gathered.maps, "maps of fields");
  }
}

function requireAtMost(max: number, count: number, what: string): void {
  if (count > max) {
    throw packageProblem(`its ${MANIFEST_FILE} has more than ${max} ${what}`);
  }
}

const KEPT: ReadonlySet<string> = new Set([
  "DefinitionGroupName",
  "Description",
  "Disable",
  "EntityField",
  "EntityName",
  "ExecutionUnit",
  "FailExecutionUnitOnError",
  "FailLevelOnError",
  "InputFilePath",
  "IsAutoGenerated",
  "LevelInExecutionUnit",
  "SequenceInLevel",
  "SourceFormat",
  "XMLField",
]);

function put(fields: Fields, name: string, text: string): void {
  if (!KEPT.has(name)) {
    return;
  }
  if (fields.has(name)) {
    throw packageProblem(`its ${MANIFEST_FILE} has "${name}" twice in one element`);
  }
  if (text.length > MAX_FIELD_LENGTH) {
    throw packageProblem(
      `its ${MANIFEST_FILE} has a "${name}" of more than ${MAX_FIELD_LENGTH} characters`,
    );
  }
  fields.set(name, text);
}

function describedEntity({ fields, maps }: GatheredEntity, index: number): DescribedEntity {
  const name = required(fields, "EntityName", `entity ${index + 1}`);
  const which = `entity "${name}"`;
  return {
    name,
    fileName: required(fields, "InputFilePath", which),
    sourceFormat: fields.get("SourceFormat") ?? "",
    executionUnit: integer(fields, "ExecutionUnit", which),
    level: integer(fields, "LevelInExecutionUnit", which),
    sequence: integer(fields, "SequenceInLevel", which),
    failsOnErrors: isTrue(fields, "FailLevelOnError") || isTrue(fields, "FailExecutionUnitOnError"),
    isDisabled: isTrue(fields, "Disable"),
    fieldMaps: maps.flatMap(fieldMap),
  };
}

/** Empty where no column of the file fills the field. */
function fieldMap(fields: Fields): FieldMap[] {
  const [fileField = "", entityField = ""] = [fields.get("XMLField"), fields.get("EntityField")];
  const isMapped = fileField !== "" && entityField !== "" && !isTrue(fields, "IsAutoGenerated");
  return isMapped ? [{ fileField, entityField }] : [];
}

function isTrue(fields: Fields, name: string): boolean {
  return fields.get(name)?.toLowerCase() === "true";
}

function required(fields: Fields, name: string, which: string): string {
  const text = fields.get(name) ?? "";
  if (text === "") {
    throw packageProblem(`its ${MANIFEST_FILE} gives ${which} no "${name}"`);
  }
  return text;
}

/** Entities without a place come first, as if they had place 1. */
function integer(fields: Fields, name: string, which: string): number {
  const text = fields.get(name) || "1";
  if (!/^-?[0-9]{1,9}$/.test(text)) {
    throw packageProblem(
      `its ${MANIFEST_FILE} gives ${which} "${text}" as "${name}", which is not a number`,
    );
  }
  return Number(text);
}
