import type { ExportDefinition, ExportEntity } from "../../contracts/definitions.ts";
import { compressionNames } from "../../formats/compression.ts";
import { NotRepresentableError } from "../../formats/not-representable.ts";
import { formatFor } from "../../formats/registry.ts";
import { AppError } from "../errors.ts";
import { PACKAGE_NAMES, writePackage } from "../packages/write-package.ts";
import type { Ports } from "../ports.ts";
import type { SourceRead } from "../source.ts";
import { type CursorOwner, nextExportCursor } from "./export-cursor.ts";
import { openPart, type Part } from "./export-part.ts";
import { openStagedFile, type StagedFile } from "./staged-file.ts";
import type { WriteRequest } from "./write-request.ts";
import { writeSegments } from "./write-segments.ts";

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

/** How the export's files are named and announced. */
export function exportFileNames(definition: ExportDefinition): {
  extension: string;
  contentType: string;
  contentEncoding: "gzip" | null;
} {
  if (definition.format.kind === "package") {
    return { ...PACKAGE_NAMES, contentEncoding: null };
  }
  const { extension, contentType } = formatFor(definition.format.kind);
  const { suffix, contentEncoding } = compressionNames(definition.compression ?? "gzip");
  return { extension: extension + suffix, contentType, contentEncoding };
}

/**
 * Reads every entity of an export and writes the one file that they make. Rows flow from the source to storage only as
 * fast as storage takes them; nothing holds a whole file.
 *
 * A file of one entity can be written by several attempts, if its source can go on where it stopped. A package cannot:
 * its archive is one piece of work.
 *
 * @returns null when the place was saved, and another attempt is to go on
 * @throws AppError what the source, the shape or the format refuses
 * @throws CannotGoOn, PathTaken
 */
export async function writeExportFile(
  ports: Pick<Ports, "openSource" | "files">,
  request: WriteRequest,
): Promise<ExportFile | null> {
  const { definition, path, attempt, saving } = request;
  const parts = definition.entities.map((entity) => openPart(ports, request, entity));
  const progress = saving?.from?.file ?? null;
  const file = await openStagedFile(ports.files, path, { attempt, progress });
  try {
    if (!(await writeContent(file, request, parts))) {
      return null;
    }
  } catch (error) {
    throw namedFailure(error);
  }
  const records = parts.reduce((sum, part) => sum + part.records(), saving?.from?.records ?? 0);
  const isUploaded = records > 0 || !definition.preventUploadWhenZeroRecords;
  const { contentType } = exportFileNames(definition);
  return {
    records,
    written: isUploaded ? await file.assemble(contentType) : null,
    ...(request.maxRows === null ? summaryOf(parts, request.owner) : SAMPLE),
  };
}

/** @returns false when the place was saved, and another attempt is to go on */
async function writeContent(
  file: StagedFile,
  request: WriteRequest,
  parts: readonly Part[],
): Promise<boolean> {
  const { format, compression } = request.definition;
  if (format.kind === "package") {
    const { writtenAt } = request;
    for await (const bytes of writePackage({ options: format, entities: parts, writtenAt })) {
      await file.write(bytes);
    }
    return true;
  }
  for (const part of parts) {
    const opened = await part.read(request.saving?.from?.place ?? null);
    const output = { file, compression: compression ?? "gzip", saving: request.saving } as const;
    if (!(await writeSegments(opened, output))) {
      return false;
    }
  }
  return true;
}

/** What a format cannot hold is the data's fault, and final; anything else may pass. */
function namedFailure(error: unknown): unknown {
  return error instanceof NotRepresentableError
    ? new AppError("value-not-representable", error.message, { cause: error })
    : error;
}

type Summary = Pick<ExportFile, "mode" | "fullBecause" | "window" | "nextCursor">;

/** Of reads that were not taken to their end. */
const SAMPLE: Summary = {
  mode: "full",
  fullBecause: null,
  window: { from: null, to: null },
  nextCursor: null,
};

/** A package is incremental only if every entity is; its window is that of a single entity, or none. */
function summaryOf(parts: readonly Part[], owner: CursorOwner): Summary {
  const ends: { entity: ExportEntity; read: SourceRead; fullBecause: string | null }[] = parts.map(
    (part) => ({ entity: part.entity, ...part.finished() }),
  );
  const [only] = ends;
  return {
    mode: ends.every(({ read }) => read.mode === "incremental") ? "incremental" : "full",
    fullBecause: ends.find((end) => end.fullBecause !== null)?.fullBecause ?? null,
    window: ends.length === 1 && only !== undefined ? only.read.window() : { from: null, to: null },
    nextCursor: nextExportCursor(
      ends.map(({ entity, read }) => ({ entity, cursor: read.nextCursor() })),
      owner,
    ),
  };
}
