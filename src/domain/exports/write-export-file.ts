import { compressionNames } from "../../formats/compression.ts";
import { contentTypeOf, writableFormat } from "../../formats/index.ts";
import { NotRepresentableError } from "../../formats/not-representable.ts";
import type { ExportDefinition } from "../definitions/definitions.ts";
import { AppError } from "../errors.ts";
import { PACKAGE_NAMES } from "../packages/write-package.ts";
import type { Ports } from "../ports.ts";
import { compressionOf, envelopeOf } from "./envelope.ts";
import { nextExportCursor } from "./export-cursor.ts";
import { openEntity } from "./open-entity.ts";
import type { EndedEntity, EntityPlace } from "./run.ts";
import { openStagedFile, type StagedFile } from "./staged-file.ts";
import { writeEntity } from "./write-entity.ts";
import type { ExportFileRequest } from "./write-request.ts";

export interface ExportFile {
  readonly records: number;
  /** Null when there was nothing to upload. */
  readonly written: { readonly bytes: number; readonly sha256: string } | null;
  readonly mode: "full" | "incremental";
  readonly fullBecause: string | null;
  readonly window: { readonly from: string | null; readonly to: string | null };
  /** Null when not every row was read. */
  readonly nextCursor: string | null;
}

/** Names and media type of the export's files. */
export function exportFileNames(definition: ExportDefinition): {
  extension: string;
  contentType: string;
  contentEncoding: "gzip" | null;
} {
  if (definition.format.kind === "package") {
    return { ...PACKAGE_NAMES, contentEncoding: null };
  }
  const { extension } = writableFormat(definition.format.kind);
  const contentType = contentTypeOf(definition.format);
  const { suffix, contentEncoding } = compressionNames(compressionOf(definition));
  return { extension: extension + suffix, contentType, contentEncoding };
}

/**
 * Reads every entity of an export and writes them into one file. Rows flow from the source to storage only as fast as
 * storage takes them; nothing holds a whole file.
 *
 * Several attempts can write a file: they stop between two entities, or inside of one whose source can continue.
 *
 * @returns null when the place was saved, and another attempt must continue
 * @throws AppError for an error of the source, the shape or the format
 * @throws CannotGoOn, PathTaken
 */
export async function writeExportFile(
  ports: Pick<Ports, "openSource" | "files">,
  request: ExportFileRequest,
): Promise<ExportFile | null> {
  const { definition, path, attempt, saving } = request;
  const progress = saving?.from?.file ?? null;
  const file = await openStagedFile(ports.files, path, { attempt, progress });
  let ended: readonly EndedEntity[] | null;
  try {
    ended = await writeContent(ports, request, file);
  } catch (error) {
    throw namedFailure(error);
  }
  if (ended === null) {
    return null;
  }
  const records = ended.reduce((sum, entity) => sum + entity.records, 0);
  const isUploaded = records > 0 || !definition.preventUploadWhenZeroRecords;
  const { contentType } = exportFileNames(definition);
  return {
    records,
    written: isUploaded ? await file.assemble(contentType) : null,
    ...summaryOf(ended, request),
  };
}

/** @returns the entities in the file; null when the place was saved, and another attempt must continue */
async function writeContent(
  ports: Pick<Ports, "openSource">,
  request: ExportFileRequest,
  file: StagedFile,
): Promise<readonly EndedEntity[] | null> {
  const { definition, writtenAt, saving } = request;
  const from = saving?.from ?? null;
  const envelope = envelopeOf(definition, { writtenAt, from });
  const ended: EndedEntity[] = [...(from?.ended ?? [])];
  const save = async (entity: EntityPlace | null): Promise<boolean> => {
    const progress = await file.save();
    const archive = envelope.progress();
    return saving === null || saving.save({ file: progress, archive, ended: [...ended], entity });
  };
  let place = from?.entity ?? null;
  for (const entity of definition.entities.slice(ended.length)) {
    const isLater = ended.length > (from?.ended.length ?? 0);
    if (isLater && saving?.isDue("entity") === true && !(await save(null))) {
      return null;
    }
    const opened = await openEntity(ports, request, { entity, from: place });
    const isDue = (): boolean => saving?.isDue("batch") === true;
    const end = await writeEntity(opened, { file, envelope, from: place, isDue, save });
    if (end === null) {
      return null;
    }
    ended.push(end);
    place = null;
  }
  for await (const bytes of envelope.end(ended)) {
    await file.write(bytes);
  }
  return ended;
}

/** A value that a format cannot hold is the data's fault, and final; any other error may pass. */
function namedFailure(error: unknown): unknown {
  return error instanceof NotRepresentableError
    ? new AppError("value-not-representable", error.message, { cause: error })
    : error;
}

type Summary = Pick<ExportFile, "mode" | "fullBecause" | "window" | "nextCursor">;

/** A package is incremental only if every entity is; its window is that of a single entity, or none. */
function summaryOf(
  ended: readonly EndedEntity[],
  { definition, owner }: Pick<ExportFileRequest, "definition" | "owner">,
): Summary {
  const [only] = ended;
  const reads = definition.entities.flatMap((entity, index) => {
    const cursor = ended[index]?.cursor ?? null;
    return cursor === null ? [] : [{ entity, cursor }];
  });
  return {
    mode: ended.every(({ mode }) => mode === "incremental") ? "incremental" : "full",
    fullBecause: ended.find(({ fullBecause }) => fullBecause !== null)?.fullBecause ?? null,
    window: ended.length === 1 && only !== undefined ? only.window : { from: null, to: null },
    nextCursor: reads.length < ended.length ? null : nextExportCursor(reads, owner),
  };
}
