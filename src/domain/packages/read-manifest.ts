import { decodeText } from "../../formats/read/text-encoding.ts";
import { XmlProblem, xmlParser } from "../../formats/read/xml-parser.ts";
import { MANIFEST_FILE } from "./package-file-names.ts";
import { fileProblem, packageProblem } from "./package-problem.ts";

/** What a manifest says about one entity. */
export interface DescribedEntity {
  /** The entity's label, e.g. `Customer groups`. */
  readonly name: string;
  readonly fileName: string;
  /** Name of the source data format, e.g. `CSV-Unicode`. */
  readonly sourceFormat: string;
  readonly executionUnit: number;
  readonly level: number;
  readonly sequence: number;
  readonly isDisabled: boolean;
}

export interface Manifest {
  readonly definitionGroup: string;
  readonly description: string;
  /** In the manifest's order. */
  readonly entities: readonly DescribedEntity[];
}

const ROOT = "DataManagementPackageManifest";
const ENTITY_PATH = `${ROOT}/PackageEntityList/DataManagementPackageEntityData`;
const MAX_ENTITIES = 1_000;
const MAX_FIELD_LENGTH = 1_000;
const MAX_TEXT_LENGTH = 1_048_576;

/** Fields by name, as texts. */
type Fields = Map<string, string>;

/**
 * Reads a `Manifest.xml`, UTF-16 or UTF-8, with or without byte order mark and declaration. Of each entity it keeps a
 * few fields, whatever else it has; elements may come in any order and with any prefix.
 *
 * @throws AppError `file-unreadable`; whatever `bytes` throws
 */
export async function readManifest(bytes: AsyncIterable<Uint8Array>): Promise<Manifest> {
  const gathered = { manifest: new Map(), entities: [] as Fields[] };
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
  readonly entities: Fields[];
}

/** Gathers the texts of elements right inside the root and right inside an entity. */
function fieldHandlers({
  manifest,
  entities,
}: Gathered): Parameters<typeof xmlParser>[0]["handlers"] {
  const path: string[] = [];
  let field: { readonly fields: Fields; readonly name: string; text: string } | null = null;

  const fieldsAt = (place: string): Fields | null => {
    if (place === ROOT) {
      return manifest;
    }
    return place === ENTITY_PATH ? (entities.at(-1) ?? null) : null;
  };

  return {
    open: ({ local }) => {
      const fields = fieldsAt(path.join("/"));
      field = fields === null ? null : { fields, name: local, text: "" };
      path.push(local);
      if (path[0] !== ROOT) {
        throw packageProblem(`its ${MANIFEST_FILE} is a "${local.slice(0, 200)}", not a "${ROOT}"`);
      }
      if (path.length === 3 && path.join("/") === ENTITY_PATH) {
        entities.push(new Map());
      }
      if (entities.length > MAX_ENTITIES) {
        throw packageProblem(`its ${MANIFEST_FILE} has more than ${MAX_ENTITIES} entities`);
      }
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

const KEPT: ReadonlySet<string> = new Set([
  "DefinitionGroupName",
  "Description",
  "Disable",
  "EntityName",
  "ExecutionUnit",
  "InputFilePath",
  "LevelInExecutionUnit",
  "SequenceInLevel",
  "SourceFormat",
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

function describedEntity(fields: Fields, index: number): DescribedEntity {
  const name = required(fields, "EntityName", `entity ${index + 1}`);
  const which = `entity "${name}"`;
  return {
    name,
    fileName: required(fields, "InputFilePath", which),
    sourceFormat: fields.get("SourceFormat") ?? "",
    executionUnit: integer(fields, "ExecutionUnit", which),
    level: integer(fields, "LevelInExecutionUnit", which),
    sequence: integer(fields, "SequenceInLevel", which),
    isDisabled: fields.get("Disable")?.toLowerCase() === "true",
  };
}

function required(fields: Fields, name: string, which: string): string {
  const text = fields.get(name) ?? "";
  if (text === "") {
    throw packageProblem(`its ${MANIFEST_FILE} gives ${which} no "${name}"`);
  }
  return text;
}

/** Entities without a place come first, as where all have place 1. */
function integer(fields: Fields, name: string, which: string): number {
  const text = fields.get(name) || "1";
  if (!/^-?[0-9]{1,9}$/.test(text)) {
    throw packageProblem(
      `its ${MANIFEST_FILE} gives ${which} "${text}" as "${name}", which is no number`,
    );
  }
  return Number(text);
}
