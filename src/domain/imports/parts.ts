import { buffer } from "node:stream/consumers";
import { decompress } from "../../formats/decompression.ts";
import type { RowImportFormat } from "../../formats/index.ts";
import type { Charset } from "../../formats/text/charset.ts";
import { AppError } from "../errors.ts";
import type { ByteRange } from "../files.ts";
import { mappedColumns } from "../packages/mapped-columns.ts";
import { packageFileFormat } from "../packages/package-file-format.ts";
import type { PackageImportFormat } from "../packages/package-options.ts";
import {
  byPlace,
  type DataPackage,
  type ReadEntity,
  readPackage,
} from "../packages/read-package.ts";
import type { Ports } from "../ports.ts";
import type { Submission } from "../submissions/submission.ts";
import { quotedList } from "../values/quoted-list.ts";
import type { Attempt } from "./attempt.ts";
import { finalFailure } from "./final-failure.ts";
import type { ImportDefinition, ImportEntity } from "./import-definition.ts";

/** One entity's file in the submission. */
export interface Part {
  readonly entity: ImportEntity;
  /** Its place in the import's definition, from 0. */
  readonly index: number;
  readonly format: RowImportFormat;
  /** Charset of its text, where the format has no option for that; null: as the format says. */
  readonly charset: Charset | null;
  /** Parts of one unit may refer to each other; those of different units do not. */
  readonly executionUnit: number;
  /** Whether bad rows end the unit. */
  readonly failsOnErrors: boolean;
  /** The unchanged file; each call reads it again. */
  raw(): Promise<AsyncIterable<Uint8Array>>;
  /** The file without compression; each call reads it again. */
  unpacked(): Promise<AsyncIterable<Uint8Array>>;
}

/**
 * The files in the submission, in the order of their imports: by the execution units, levels and sequences of a
 * package's manifest. If these are equal or absent, the order of the import's definition counts. A package need not
 * have every entity.
 *
 * @returns an empty list when the file does not fit the import, or was deleted; the attempt then has the reason
 * @throws errors that another attempt may not meet
 */
export async function openParts(attempt: Attempt): Promise<readonly Part[]> {
  const { ports, definition } = attempt;
  try {
    return await partsOf(ports, attempt.submission(), definition);
  } catch (error) {
    attempt.failure = finalFailure(error);
    return [];
  }
}

async function partsOf(
  ports: Pick<Ports, "files">,
  submission: Submission,
  definition: ImportDefinition,
): Promise<readonly Part[]> {
  const { format } = definition;
  if ((format.kind === "package") !== (submission.content === "package")) {
    throw new AppError(
      "content-wrong",
      `Cannot import the ${submission.content}: the import takes ${format.kind} by now`,
    );
  }
  return format.kind === "package"
    ? packageParts(await openPackage(ports, submission), { ...definition, format })
    : [filePart(ports, submission, { ...definition, format })];
}

function packageParts(
  { entities }: DataPackage,
  definition: ImportDefinition & { format: PackageImportFormat },
): Part[] {
  requireKnown(entities, definition);
  const indexOf = indexByName(definition);
  return entities
    .map((packaged) => ({ packaged, index: indexOf(packaged.name) }))
    .sort((a, b) => byPlace(a.packaged, b.packaged) || a.index - b.index)
    .map(({ packaged, index }) => packagePart(packaged, index, definition));
}

function packagePart(
  packaged: ReadEntity,
  index: number,
  { entities, format }: ImportDefinition & { format: PackageImportFormat },
): Part {
  const entity = entities[index] as ImportEntity;
  const columns = entity.columns && mappedColumns(entity.columns, packaged);
  const content = async () => packaged.content();
  return {
    entity: { ...entity, columns },
    index,
    format: packagedFormat(entity.format ?? packageFileFormat(format, packaged)),
    charset: null,
    executionUnit: packaged.executionUnit,
    failsOnErrors: packaged.failsOnErrors,
    raw: content,
    unpacked: content,
  };
}

/** A package has each field that its manifest maps, wanted or not. */
function packagedFormat(format: RowImportFormat): RowImportFormat {
  return format.kind === "csv" || format.kind === "fixed-width"
    ? format
    : { ...format, unknownFields: format.unknownFields ?? "ignore" };
}

function indexByName({ entities }: ImportDefinition): (name: string) => number {
  const names = entities.map(({ name }) => name.toLowerCase());
  return (name) => names.indexOf(name.toLowerCase());
}

/** Refuses a package with unknown entities: they must not be lost silently. */
function requireKnown(entities: readonly ReadEntity[], definition: ImportDefinition): void {
  const known = new Set(definition.entities.map(({ name }) => name.toLowerCase()));
  const unknown = entities.filter(({ name }) => !known.has(name.toLowerCase()));
  if (unknown.length > 0 || entities.length === 0) {
    const names = quotedList(unknown.map(({ name }) => name));
    throw new AppError(
      "content-wrong",
      entities.length === 0
        ? "Cannot import the package: it has no entity"
        : `Cannot import the package: the import does not know ${names}; it knows ${quotedList(definition.entities.map(({ name }) => name))}`,
    );
  }
}

function filePart(
  ports: Pick<Ports, "files">,
  submission: Submission,
  { entities, decompression, format }: ImportDefinition & { format: RowImportFormat },
): Part {
  const name = submission.entity?.toLowerCase();
  const index = entities.findIndex((entity) => entity.name.toLowerCase() === name);
  const entity = entities[index];
  if (entity === undefined) {
    throw new AppError(
      "content-wrong",
      `Cannot import the file: the import has no entity "${submission.entity}" any more`,
    );
  }
  const raw = async () => (await readFile(ports, submission)).content;
  return {
    entity,
    index,
    ...sentIn(submission.file.charset, entity.format ?? format),
    executionUnit: 1,
    failsOnErrors: false,
    raw,
    unpacked: async () => decompress(await raw(), decompression),
  };
}

/**
 * The format of a file with this charset: the request's charset overrides the import's. A charset that formats do not
 * know is decoded nevertheless; files about such a file are in UTF-8.
 */
function sentIn(
  charset: Charset | undefined,
  format: RowImportFormat,
): Pick<Part, "format" | "charset"> {
  if (charset === undefined) {
    return { format, charset: null };
  }
  const encoding = ENCODINGS.find((known) => known === charset);
  return { format: { ...format, encoding: encoding ?? "utf-8" }, charset };
}

const ENCODINGS = ["utf-8", "utf-16le", "utf-16be", "windows-1252"] as const;

async function openPackage(
  ports: Pick<Ports, "files">,
  submission: Submission,
): Promise<DataPackage> {
  const { bytes } = await readFile(ports, submission, { from: 0, to: 0 });
  return readPackage({
    bytes,
    read: async (from, to) => buffer((await readFile(ports, submission, { from, to })).content),
  });
}

async function readFile(ports: Pick<Ports, "files">, { id, file }: Submission, range?: ByteRange) {
  const found = await ports.files.read(file.path, range);
  if (found === null) {
    throw new AppError(
      "file-not-found",
      `Cannot import the file of submission "${id}": it is no longer kept`,
    );
  }
  return found;
}
